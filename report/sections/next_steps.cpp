// What to do next, by how high the best score is.
#include <fmt/format.h>

#include "figures/number_text.h"
#include "sections/markdown_text.h"
#include "sections/sections.h"

namespace manygpcm::report {
namespace {

using Sentences = std::vector<std::string>;

// Rules of thumb that know nothing of the dataset at hand.
constexpr double low_score = 0.65, fair_score = 0.70;

Sentences next_steps(const Findings& findings) {
    if (findings.study->foreign) return {};
    if (findings.unfinished_without_winner())
        return {
            "Let the search go on, or resume it if it was interrupted: no trial has been "
            "trained fully yet."};
    if (!findings.winner)
        return {"Find out why no trial succeeded: train one configuration by itself first."};
    const double best = findings.statistics.best;
    const search::Study& study = *findings.study;
    const std::string confirmed = study.winner
                                      ? fmt::format("on learners held out the winner has {}",
                                                    fixed(study.winner->metrics[study.metric()], 4))
                                      : "confirm it on learners that no search has seen";
    if (study.objective != "qwk")
        return {fmt::format("The best score, {}, is of {}: {}.", fixed(best, 4), score_word(study),
                            confirmed)};
    Sentences out;
    if (best < low_score)
        out.push_back(
            fmt::format("The best score, {}, is below {}: act on the recommendations "
                        "above before running more trials of the same kind.",
                        fixed(best, 4), fixed(low_score, 2)));
    else if (best < fair_score)
        out.push_back(
            fmt::format("The best score, {}, lies between {} and {}: search again "
                        "around the best parameters, with more trials.",
                        fixed(best, 4), fixed(low_score, 2), fixed(fair_score, 2)));
    else
        out.push_back(fmt::format("The best score, {}, is at least {}: {}.", fixed(best, 4),
                                  fixed(fair_score, 2), confirmed));
    out.push_back(
        fmt::format("{} and {} are rules of thumb; what can be reached depends on the "
                    "dataset. The published sweep (attn_gpcm_learn, 50 trials × 5 folds on "
                    "synthetic_500_200_4) reached 0.637 with bidirectional attention.",
                    fixed(low_score, 2), fixed(fair_score, 2)));
    return out;
}

}  // namespace

std::string next_steps_markdown(const Findings& f) {
    if (f.study->foreign) return "";
    return markdown_subheading("Next Steps") + markdown_list(next_steps(f));
}

void next_steps_json(const Findings& f, nlohmann::json& analysis) {
    analysis["next_steps"] = next_steps(f);
}

}  // namespace manygpcm::report
