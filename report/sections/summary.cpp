// The trials in numbers, and first whether the winner beats the classical GPCM.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <string_view>

#include "figures/comparison.h"
#include "figures/number_text.h"
#include "sections/markdown_text.h"
#include "sections/sections.h"
#include "sections/wording.h"

namespace manygpcm::report {
namespace {

using nlohmann::json;
using Outcome = Difference::Outcome;

/// What the verdict claims of the winner, by what its score and cross-entropy say.
std::string claim(std::string_view word, Outcome score, Outcome cross_entropy) {
    // [score][cross_entropy], each: winner ahead, undecided, baseline ahead
    static constexpr const char* claims[3][3] = {
        {"The winner beats the classical GPCM", "The winner beats the classical GPCM",
         "The winner beats the classical GPCM by {}, but its probabilities fit the responses "
         "worse"},
        {"The winner can't be told from the classical GPCM by {}, but its probabilities fit the "
         "responses better",
         "The winner can't be told from the classical GPCM",
         "The winner can't be told from the classical GPCM by {}, and its probabilities fit the "
         "responses worse"},
        {"The classical GPCM beats the winner by {}, but the winner's probabilities fit the "
         "responses better",
         "The classical GPCM beats the winner", "The classical GPCM beats the winner"}};
    return fmt::format(
        fmt::runtime(claims[static_cast<int>(score)][static_cast<int>(cross_entropy)]), word);
}

/// Why the winner wasn't compared.
const char* why_not_compared(const Findings& findings) {
    if (findings.study->baselines_cv.empty())
        return "the baselines are fitted once the search has ended";
    if (!findings.study->compared())
        return "an earlier version scored it; the sweep's command, given again, compares them";
    return "none was fitted to these learners";
}

// With the classical GPCM, where that was fitted to the learners that decide.
const Comparison* with_classical(const Findings& findings) {
    for (const Comparison& comparison : findings.deciding())
        if (comparison.baseline == search::classical_name) return &comparison;
    return nullptr;
}

// Whether the winner beats the classical GPCM: in a few words, where the two were compared, and
// what more there is to say of it.
struct Verdict {
    std::string claim, grounds;

    std::string text() const {
        return claim.empty() ? grounds : fmt::format("**{}** {}", claim, grounds);
    }
};

Verdict verdict(const Findings& findings) {
    if (!findings.winner) return {"", "There is no winner to compare with the classical GPCM."};
    const Comparison* c = with_classical(findings);
    if (c == nullptr)
        return {"", fmt::format("Whether the winner beats the classical GPCM is unknown: {}.",
                                why_not_compared(findings))};
    return {claim(findings.study->metric().word, c->score.outcome, c->cross_entropy.outcome),
            fmt::format("{}. {}.{}{}{}", deciding_place(findings),
                        score_difference_text(findings, *c, "classical"),
                        cross_entropy_is_apart(findings)
                            ? fmt::format(" {}.", difference_text("Cross-entropy", c->cross_entropy,
                                                                  "classical"))
                            : "",
                        findings.decided_on_held_out()
                            ? ""
                            : " The search chose the winner by these scores, which favours it.",
                        findings.bidirectional()
                            ? " The winner's figures are inflated: it saw later responses."
                            : "")};
}

json verdict_json(const Findings& f) {
    constexpr const char* outcomes[] = {"ahead", "undecided", "behind"};
    const Comparison* c = with_classical(f);
    const auto outcome = [&](Difference Comparison::*metric) {
        return c != nullptr ? json(outcomes[static_cast<int>((c->*metric).outcome)])
                            : json(nullptr);
    };
    const Verdict v = verdict(f);
    return {{"text", v.text()},
            {"claim", v.claim.empty() ? json(nullptr) : json(v.claim)},
            {"grounds", v.grounds},
            {"outcome", outcome(&Comparison::score)},
            {"cross_entropy_outcome", outcome(&Comparison::cross_entropy)}};
}

json trials_in_numbers(const Findings& f) {
    const ScoreStatistics& s = f.statistics;
    json summary = {{"total_trials", s.total_trials},
                    {"successful_trials", s.successful_trials},
                    {"failed_trials", f.failed},
                    {"pruned_trials", f.pruned},
                    {"unfinished_trials", f.unfinished},
                    {"trial_seconds", f.trial_seconds},
                    {"wall_seconds", f.study->wall_seconds},
                    {"skipped_steps", f.skipped_steps},
                    {"trials_with_skipped_steps", f.trials_with_skipped_steps}};
    if (!f.winner) return summary;
    summary["best_score"] = s.best;
    summary["best_trial"] = s.best_trial;
    summary["mean_score"] = s.mean;
    summary["std_score"] = s.standard_deviation;
    return summary;
}

}  // namespace

std::string summary_markdown(const Findings& f) {
    const ScoreStatistics& s = f.statistics;
    const double success =
        s.total_trials > 0 ? static_cast<double>(s.successful_trials) / s.total_trials : 0;
    std::string text = markdown_heading("Summary");
    if (!f.study->foreign) text += verdict(f).text() + "\n\n";
    text += markdown_field("Total Trials", fmt::format("{}", s.total_trials));
    text += markdown_field("Successful Trials",
                           fmt::format("{} ({})", s.successful_trials, percent(success)));
    if (f.pruned > 0) text += markdown_field("Stopped early", fmt::format("{}", f.pruned));
    if (f.failed > 0) text += markdown_field("Failed", fmt::format("{}", f.failed));
    if (f.unfinished > 0)
        text += markdown_field("Still running or waiting", fmt::format("{}", f.unfinished));
    if (f.winner) {
        text += markdown_field("Best Score", f.score_text(s.best));
        text += markdown_field(
            "Mean Score", fmt::format("{} ± {}", f.score_text(s.mean),
                                      s.successful_trials > 1 ? f.score_text(s.standard_deviation)
                                                              : not_a_number));
    }
    text += markdown_field(
        "Total Time", fixed(f.trial_seconds, 1) + " seconds of training" +
                          (f.study->wall_seconds > 0 ? fmt::format(", {} seconds by the clock",
                                                                   fixed(f.study->wall_seconds, 1))
                                                     : ""));
    if (!f.winner) return text;
    text += markdown_field("Convergence Trial (the best trial)", fmt::format("{}", s.best_trial));
    if (f.study->foreign) return text + "\nA score is the value that Optuna recorded.\n";
    std::vector<std::string> folds;
    for (const double score : f.winner->fold_scores)
        folds.push_back(fixed(score, 4));
    return text + fmt::format(
                      "\nA score is the mean over {} folds of the {} of the learners left "
                      "out, after the last epoch{}. The best trial's folds: {}.\n",
                      folds.size(), score_word(*f.study),
                      f.study->minimize ? "; the lower, the better" : "", fmt::join(folds, ", "));
}

void summary_json(const Findings& f, json& analysis) {
    analysis["verdict"] = verdict_json(f);
    analysis["summary"] = trials_in_numbers(f);
}

}  // namespace manygpcm::report
