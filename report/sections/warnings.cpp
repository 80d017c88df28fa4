// What a reader must know before any figure; nothing where nothing is amiss.
#include <fmt/format.h>

#include "figures/comparison.h"
#include "sections/sections.h"
#include "sections/wording.h"

namespace manygpcm::report {
namespace {

using Sentences = std::vector<std::string>;
using Outcome = Difference::Outcome;

// Baselines that the winner isn't ahead of by the score.
void warn_of_baselines(const Findings& findings, Sentences& out) {
    for (const Comparison& c : findings.deciding())
        if (c.score.outcome != Outcome::winner_ahead)
            out.push_back(fmt::format(
                "{} {}. {}.",
                c.score.outcome == Outcome::undecided
                    ? fmt::format("The winner can't be told from {}", c.baseline)
                    : fmt::format("A baseline wins: {}", c.baseline),
                deciding_place(findings), score_difference_text(findings, c, c.baseline)));
}

Sentences warnings(const Findings& findings) {
    Sentences out;
    if (findings.unfinished_without_winner())
        out.push_back(fmt::format(
            "The search isn't finished and has no winner yet: of {} trials {} are complete, {} "
            "were stopped early, {} failed, {} still run or wait.",
            findings.statistics.total_trials, findings.statistics.successful_trials,
            findings.pruned, findings.failed, findings.unfinished));
    else if (!findings.winner)
        out.push_back(
            fmt::format("No trial succeeded: none of {} was trained fully and has a finite score, "
                        "so there is no winner.",
                        findings.statistics.total_trials));
    warn_of_baselines(findings, out);
    if (findings.bidirectional())
        out.push_back(
            "Attention was bidirectional: later responses leak into earlier predictions, so every "
            "score of the model in this report is inflated. Baselines know nothing of the future; "
            "comparing them with the model favours the model.");
    return out;
}

}  // namespace

std::string warnings_markdown(const Findings& f) {
    std::string text;
    for (const std::string& warning : warnings(f))
        text += fmt::format("\n> **{}**\n", warning);
    return text;
}

void warnings_json(const Findings& f, nlohmann::json& analysis) {
    analysis["warnings"] = warnings(f);
}

}  // namespace manygpcm::report
