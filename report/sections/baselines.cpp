// What the winner is compared with, and the truth where that is known: the comparison itself is the
// verdict's.
#include <fmt/format.h>

#include <algorithm>

#include "figures/number_text.h"
#include "sections/json_values.h"
#include "sections/markdown_text.h"
#include "sections/sections.h"
#include "sections/wording.h"

namespace manygpcm::report {
namespace {

using nlohmann::json;
using Rows = std::vector<std::vector<std::string>>;

std::string what_they_are(const search::Study& study) {
    std::string text =
        "Majority and item frequencies are how often each category is chosen, overall and by "
        "question.";
    if (std::ranges::count(study.baselines_cv, search::logistic_name,
                           &search::ScoredPredictor::name) > 0)
        text +=
            " The logistic regression knows the question and a learner's successes and failures "
            "before, in all and with the question (Best-LR).";
    text +=
        " The classical GPCM has a discrimination and thresholds a question, fitted by EM "
        "(expectation maximization)";
    // As the trials' own, where the sweep was told so.
    if (study.classical_prior() == ItemPrior::none) text += " without priors";
    text += ", and infers ability from the responses before.";
    if (study.ceiling_cv)
        text += " True parameters are those that made the data, with abilities inferred likewise.";
    return text + "\n";
}

// The metrics of short tables that the verdict's table hasn't, where it is decided.
std::string further_metrics(const Findings& f) {
    std::vector<const Metric*> shown;
    for (const Metric* metric : metrics_shown(*f.study))
        if (metric->brief && metric != &f.study->metric() && metric->name != "auc" &&
            metric->name != "cross_entropy")
            shown.push_back(metric);
    std::vector<std::string> titles = {"Predictor"};
    for (const Metric* metric : shown)
        titles.emplace_back(metric->title);
    const Scoreboard& board = f.deciding();
    Rows rows;
    for (const search::ScoredPredictor* scored : board.all()) {
        const bool is_winner = board.winner && scored == &*board.winner;
        auto& row =
            rows.emplace_back(std::vector<std::string>{is_winner ? "winner" : scored->name});
        for (const Metric* metric : shown)
            row.push_back(fixed(scored->metrics[*metric], 4));
    }
    return fmt::format("\nFurther metrics {}:\n\n{}",
                       f.decided_on_held_out() ? "on the learners held out" : "in cross-validation",
                       markdown_table(titles, rows));
}

// How far the winner is from the floor of cross-entropy; nothing where it saw the future.
std::string distance_to_ceiling(const Findings& f) {
    if (!f.deciding().with_ceiling || f.bidirectional()) return "";
    const Difference& d = f.deciding().with_ceiling->cross_entropy;
    return fmt::format(
        "\nThe cross-entropy of the true parameters is the least that can be expected of a model "
        "that predicts from the past alone; the winner's is {} {} it (95% {} to {}).\n",
        fixed(std::abs(d.winner - d.baseline), 4), d.winner < d.baseline ? "below" : "above",
        signed_fixed(d.interval.low, 4), signed_fixed(d.interval.high, 4));
}

json predictors_json(const std::vector<search::ScoredPredictor>& scored) {
    json list = json::array();
    for (const search::ScoredPredictor& one : scored)
        list.push_back(predictor_json(one));
    return list;
}

}  // namespace

std::string baselines_markdown(const Findings& f) {
    if (f.study->foreign) return "";
    const std::string heading = markdown_heading("Baselines");
    if (f.study->baselines_cv.empty())
        return heading + "Not fitted yet: they are once the search has ended.\n";
    return heading + what_they_are(*f.study) + further_metrics(f) + distance_to_ceiling(f);
}

void baselines_json(const Findings& f, json& analysis) {
    analysis["baselines"] = {{"held_out", predictors_json(f.held_out.baselines)},
                             {"cross_validation", predictors_json(f.cross_validation.baselines)}};
    analysis["ceiling"] = {{"held_out", predictor_or_null(f.held_out.ceiling)},
                           {"cross_validation", predictor_or_null(f.cross_validation.ceiling)}};
}

}  // namespace manygpcm::report
