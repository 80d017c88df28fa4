// The winner on learners that the search never saw.
#include <fmt/format.h>

#include "figures/number_text.h"
#include "sections/json_values.h"
#include "sections/markdown_text.h"
#include "sections/sections.h"

namespace manygpcm::report {
namespace {

using Rows = std::vector<std::vector<std::string>>;

/// The average of the fold models beside the winner; empty where they weren't kept.
std::string folds_average_markdown(const search::Study& study) {
    if (!study.folds_average) return "";
    const search::ScoredPredictor& average = *study.folds_average;
    const bool sure = !average.winner_differences.empty();
    Rows rows;
    for (const Metric& metric : metric_table()) {
        if (!metric.shown(study.n_categories)) continue;
        const auto found = average.winner_differences.find(metric.name);
        rows.push_back({std::string(metric.name), fixed(study.winner->metrics[metric], 4),
                        fixed(average.metrics[metric], 4),
                        found == average.winner_differences.end()
                            ? not_a_number
                            : fmt::format("{} to {}", signed_fixed(found->second.low, 4),
                                          signed_fixed(found->second.high, 4))});
    }
    return fmt::format(
               "\nThe winner's {} fold models, each trained without a fold of those learners, were "
               "kept. What they predict on average, scored on the same learners held out{}:\n\n",
               study.n_folds,
               sure ? ", and the 95% interval of what the winner has more (bootstrap over learners)"
                    : "") +
           markdown_table({"Metric", "Winner", "Average of folds", "Winner's difference"}, rows);
}

}  // namespace

std::string held_out_markdown(const Findings& f) {
    if (f.study->foreign) return "";
    std::string text = markdown_heading("Learners held out");
    if (!f.study->winner)
        return text + (f.study->n_test_learners == 0 ? "None: no learner was held out.\n"
                       : !f.winner                   ? "Not scored: there is no winner.\n"
                                   : "Not scored yet: the search hasn't ended.\n");
    const bool sure = !f.study->winner->intervals.empty();
    text += fmt::format(
        "The winner, refitted on all {} learners that the search used, then scored once on {} "
        "learners that it didn't. {}\n\n",
        f.study->n_learners, f.study->n_test_learners,
        sure ? "Intervals: 95%, bootstrap over learners."
             : fmt::format("Intervals would take {} learners.", search::fewest_held_out));
    Rows rows;
    const Intervals& intervals = f.study->winner->intervals;
    for (const Metric& metric : metric_table()) {
        if (!metric.shown(f.study->n_categories)) continue;
        const auto found = intervals.find(metric.name);
        rows.push_back({std::string(metric.name), fixed(f.study->winner->metrics[metric], 4),
                        found == intervals.end()
                            ? not_a_number
                            : fmt::format("{} to {}", fixed(found->second.low, 4),
                                          fixed(found->second.high, 4))});
    }
    text += markdown_table({"Metric", "Value", "95% interval"}, rows);
    text += "\nBy category:\n\n";
    rows.clear();
    for (const CategoryScores& category : f.study->winner->metrics.categories)
        rows.push_back({fmt::format("{}", rows.size()), fmt::format("{}", category.count),
                        fixed(category.precision, 4), fixed(category.recall, 4),
                        fixed(category.f1, 4)});
    return text + markdown_table({"Category", "Responses", "Precision", "Recall", "F1"}, rows) +
           folds_average_markdown(*f.study);
}

void held_out_json(const Findings& f, nlohmann::json& analysis) {
    analysis["held_out"] = predictor_or_null(f.study->winner);
    analysis["folds_average"] = predictor_or_null(f.study->folds_average);
}

}  // namespace manygpcm::report
