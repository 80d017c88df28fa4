// The trials in numbers.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>

#include "figures/number_text.h"
#include "manygpcm/engine/shown.h"
#include "sections/markdown_text.h"
#include "sections/sections.h"
#include "sections/wording.h"

namespace manygpcm::report {
namespace {

using nlohmann::json;

json trials_in_numbers(const Findings& f) {
    const ScoreStatistics& s = f.statistics;
    json summary = {{"total_trials", s.total_trials},
                    {"successful_trials", s.successful_trials},
                    {"failed_trials", f.failed},
                    {"pruned_trials", f.pruned},
                    {"unfinished_trials", f.unfinished},
                    {"points_by_scores", f.points_chosen()},
                    {"points_by_chance", f.points_by_chance()},
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

// What became of the trials: those that were stopped as others did better are no failures.
std::string outcomes(const Findings& f) {
    std::string text = fmt::format("{} completed", f.statistics.successful_trials);
    if (f.pruned > 0) text += fmt::format(", {} stopped early as designed", f.pruned);
    text += fmt::format(", {} failed", f.failed);
    if (f.unfinished > 0) text += fmt::format(", {} still running or waiting", f.unfinished);
    return text;
}

// What a score is, and how sure the best one is.
std::string scores_text(const Findings& f) {
    if (f.study->foreign) return "A score is the value that Optuna recorded.";
    const Winner& winner = *f.winner;
    std::string text = fmt::format(
        "A score is the mean over {} of the {} of the learners left out, after the last "
        "epoch{}. ",
        counted(std::ssize(winner.fold_scores), "fold"), score_word(*f.study),
        f.study->minimize ? "; the lower, the better" : "");
    std::vector<std::string> folds;
    for (const double score : winner.fold_scores)
        folds.push_back(fixed(score, 4));
    text += fmt::format("The best trial's folds: {}", fmt::join(folds, ", "));
    if (std::isfinite(winner.standard_error))
        text += fmt::format("; standard error {}", fixed(winner.standard_error, 4));
    const int others = f.statistics.successful_trials - 1;
    if (winner.rivals && others > 0)
        text += fmt::format("; {} of the {} trained fully can't be told from it fold by fold",
                            *winner.rivals, counted(others, "other"));
    return text + '.';
}

}  // namespace

std::string summary_markdown(const Findings& f) {
    const ScoreStatistics& s = f.statistics;
    std::string text = markdown_heading("Summary");
    text += markdown_field("Total Trials", fmt::format("{}", s.total_trials));
    text += markdown_field("Successful Trials", outcomes(f));
    if (f.winner) text += markdown_field("Best Score", f.score_text(s.best));
    if (s.successful_trials > 1)
        text += markdown_field("Mean Score", fmt::format("{} ± {}", f.score_text(s.mean),
                                                         f.score_text(s.standard_deviation)));
    text += markdown_field(
        "Total Time",
        fixed(f.trial_seconds, 1) + " seconds of training" +
            (f.study->wall_seconds > 0
                 ? fmt::format(
                       ", {} seconds by the clock{}", fixed(f.study->wall_seconds, 1),
                       f.trial_seconds > f.study->wall_seconds ? " as trials ran at once" : "")
                 : ""));
    if (!f.winner) return text;
    text += markdown_field("Best Trial", fmt::format("{}", s.best_trial));
    return text + fmt::format("\n{}\n", scores_text(f));
}

void summary_json(const Findings& f, json& analysis) {
    analysis["summary"] = trials_in_numbers(f);
}

}  // namespace manygpcm::report
