// The winner on learners that the search never saw.
#include <fmt/format.h>

#include "figures/number_text.h"
#include "manygpcm/engine/shown.h"
#include "sections/json_values.h"
#include "sections/markdown_text.h"
#include "sections/sections.h"
#include "sections/wording.h"

namespace manygpcm::report {
namespace {

using Rows = std::vector<std::vector<std::string>>;

/// @param without_first whether that is known
Rows rows_of(const search::Study& study, const search::ScoredPredictor& winner,
             bool without_first) {
    Rows rows;
    for (const Metric* metric : metrics_shown(study)) {
        const auto found = winner.intervals.find(metric->name);
        auto& row = rows.emplace_back(std::vector<std::string>{
            std::string(metric->title), fixed(winner.metrics[*metric], 4),
            found == winner.intervals.end() ? not_a_number
                                            : fmt::format("{} to {}", fixed(found->second.low, 4),
                                                          fixed(found->second.high, 4))});
        if (without_first) row.push_back(fixed((*winner.without_first)[*metric], 4));
    }
    if (!winner.qwk_fitted) return rows;
    auto& row = rows.emplace_back(std::vector<std::string>{
        "QWK (fitted cut points)", fixed(*winner.qwk_fitted, 4), not_a_number});
    if (without_first) row.emplace_back(not_a_number);
    return rows;
}

}  // namespace

std::string held_out_markdown(const Findings& f) {
    if (f.study->foreign) return "";
    std::string text = markdown_heading("Learners held out");
    if (!f.held_out.winner)
        return text + (f.study->n_test_learners == 0 ? "None: no learner was held out.\n"
                       : !f.winner                   ? "Not scored: there is no winner.\n"
                                   : "Not scored yet: the search hasn't ended.\n");
    const search::ScoredPredictor& winner = *f.held_out.winner;
    const bool without_first = winner.without_first && winner.without_first->n > 0;
    text += fmt::format(
        "The winner, refitted on all {} that the search used, then scored once on {} that "
        "it didn't. {}{}{}\n\n",
        counted(f.study->n_learners, "learner"), counted(f.study->n_test_learners, "learner"),
        winner.intervals.empty()
            ? fmt::format("Intervals would take {} learners.", search::fewest_held_out)
            : "Intervals: bootstrap over learners.",
        without_first ? " Last: without each learner's first response." : "",
        winner.qwk_fitted ? " Fitted cut points: chosen for the highest QWK of the training "
                            "responses (`predict --decision fitted`)."
                          : "");
    std::vector<std::string> titles = {"Metric", "Value", "95% interval"};
    if (without_first) titles.emplace_back("Without first responses");
    text += markdown_table(titles, rows_of(*f.study, winner, without_first));
    text += "\nBy category:\n\n";
    Rows rows;
    for (const CategoryScores& category : winner.metrics.categories)
        rows.push_back({fmt::format("{}", rows.size()), fmt::format("{}", category.count),
                        fixed(category.precision, 4), fixed(category.recall, 4),
                        fixed(category.f1, 4)});
    text += markdown_table({"Category", "Responses", "Precision", "Recall", "F1"}, rows);
    if (f.held_out.folds_average)
        text += fmt::format(
            "\nThe winner's {} fold models, each trained without a fold of the search's learners, "
            "were kept: the verdict's table has what they predict on average.\n",
            f.study->n_folds);
    return text;
}

void held_out_json(const Findings& f, nlohmann::json& analysis) {
    analysis["held_out"] = predictor_or_null(f.held_out.winner);
    analysis["folds_average"] = predictor_or_null(f.held_out.folds_average);
}

}  // namespace manygpcm::report
