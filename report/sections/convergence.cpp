// When the search settled.
#include <fmt/format.h>

#include "figures/number_text.h"
#include "sections/markdown_text.h"
#include "sections/sections.h"

namespace manygpcm::report {
namespace {

using nlohmann::json;

bool enough_to_converge(const Findings& f) {
    return f.statistics.total_trials > convergence_window && f.statistics.successful_trials > 1;
}

json convergence_figures(const Findings& f) {
    if (!enough_to_converge(f)) return nullptr;
    const Convergence& c = f.convergence;
    return {{"trial", c.trial},
            {"settled", c.settled},
            {"threshold", c.threshold},
            {"final_best_score", c.final_best},
            {"improvement_rate", c.improvement_rate},
            {"efficiency", c.efficiency}};
}

}  // namespace

std::string convergence_markdown(const Findings& f) {
    std::string text = markdown_heading("Convergence Analysis");
    if (!enough_to_converge(f))
        return text + fmt::format("Not defined: that takes {} trials, two of them successful.\n",
                                  convergence_window + 1);
    const Convergence& c = f.convergence;
    text += markdown_field("Convergence Trial (little gain after it)",
                           fmt::format("{}{}", c.trial, c.settled ? "" : " (not settled)"));
    text += markdown_field("Final Best Score", f.score_text(c.final_best));
    text += markdown_field("Improvement Rate (per trial)", f.score_text(c.improvement_rate));
    text += markdown_field("Convergence Efficiency", percent(c.efficiency));
    text += fmt::format(
        "\nHere the search counts as converged at the first trial after which {} in a row (all, "
        "where "
        "fewer are left) improve the best score by less than {} each; where there is none, it "
        "hasn't "
        "settled, and the last trial but one stands here. The rate is the mean gain of the best "
        "score "
        "per trial.",
        convergence_window,
        f.study->relative_scale()
            ? f.score_text(c.threshold) + ", a hundredth of the range of scores,"
            : fmt::format("{}", c.threshold));
    if (f.statistics.successful_trials < f.statistics.total_trials)
        text += fmt::format(" Trials that aren't {} improve nothing.", f.fully());
    if (f.drawn_at_random())
        text +=
            " Points drawn at random learn nothing from each other: when the best one came is "
            "luck.";
    return text + "\n";
}

void convergence_json(const Findings& f, json& analysis) {
    analysis["convergence"] = convergence_figures(f);
}

}  // namespace manygpcm::report
