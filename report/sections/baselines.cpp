// What the winner is worth beside simple models, and beside the truth where that is known.
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "figures/comparison.h"
#include "figures/number_text.h"
#include "sections/json_values.h"
#include "sections/markdown_text.h"
#include "sections/sections.h"
#include "sections/wording.h"

namespace manygpcm::report {
namespace {

using nlohmann::json;
using Rows = std::vector<std::vector<std::string>>;
using Sentences = std::vector<std::string>;
using Outcome = Difference::Outcome;

std::string signed_interval(const Interval& interval) {
    return fmt::format("{} to {}", signed_fixed(interval.low, 4), signed_fixed(interval.high, 4));
}

// Whatever was scored on the same responses; the winner's differences are intervals of 95%.
std::string predictors_table(const search::Study& study, const Metrics* winner,
                             std::vector<search::ScoredPredictor> others,
                             const std::optional<search::ScoredPredictor>& ceiling) {
    if (ceiling) others.push_back(*ceiling);
    // The objective first.
    std::vector<const Metric*> shown = {&study.metric()};
    for (const Metric& metric : metric_table())
        if (metric.brief && metric.shown(study.n_categories) && &metric != shown.front())
            shown.push_back(&metric);
    const auto compared = [&](const Metric* metric) {
        return metric == shown.front() || metric->name == "cross_entropy";
    };
    std::vector<std::string> titles = {"Predictor"};
    for (const Metric* metric : shown) {
        titles.emplace_back(metric->title);
        if (compared(metric)) titles.emplace_back("Winner's difference");
    }
    Rows rows;
    const auto add = [&](const std::string& name, const Metrics& metrics,
                         const Intervals& differences) {
        auto& row = rows.emplace_back(std::vector{name});
        for (const Metric* metric : shown) {
            row.push_back(fixed(metrics[*metric], 4));
            if (!compared(metric)) continue;
            const auto found = differences.find(metric->name);
            row.push_back(found == differences.end() ? "" : signed_interval(found->second));
        }
    };
    if (winner != nullptr) add("winner", *winner, {});
    for (const search::ScoredPredictor& other : others)
        add(other.name, other.metrics, winner != nullptr ? other.winner_differences : Intervals());
    return markdown_table(titles, rows);
}

/// "By QWK the winner is ahead of majority and item frequencies; can't be told from ..".
std::string standing(const std::vector<Comparison>& comparisons, Difference Comparison::*metric) {
    std::vector<std::string> parts;
    for (const auto& [outcome, relation] : {std::pair{Outcome::winner_ahead, "is ahead of"},
                                            {Outcome::undecided, "can't be told from"},
                                            {Outcome::baseline_ahead, "is behind"}}) {
        std::vector<std::string> names;
        for (const Comparison& c : comparisons)
            if ((c.*metric).outcome == outcome) names.push_back(c.baseline);
        if (!names.empty()) parts.push_back(fmt::format("{} {}", relation, enumeration(names)));
    }
    return enumeration(parts);
}

void add_standing(const Findings& findings, const std::vector<Comparison>& comparisons,
                  const char* place, Sentences& out) {
    if (comparisons.empty()) return;
    out.push_back(fmt::format("{}, the winner by {} {}{}.", place, score_word(*findings.study),
                              standing(comparisons, &Comparison::score),
                              cross_entropy_is_apart(findings)
                                  ? fmt::format("; by cross-entropy it {}",
                                                standing(comparisons, &Comparison::cross_entropy))
                                  : ""));
}

// With the true questions and inferred abilities, where deciding() looks: no causal model has less
// cross-entropy but by luck. None where the truth isn't known, or the winner saw the future.
std::optional<Comparison> with_ceiling(const Findings& f) {
    if (!f.winner || f.bidirectional()) return std::nullopt;
    const bool held_out = f.decided_on_held_out();
    const auto& ceiling = held_out ? f.study->ceiling : f.study->ceiling_cv;
    if (!ceiling) return std::nullopt;
    const auto compared = compare(held_out ? f.study->winner->metrics : f.winner->cross_validated,
                                  {*ceiling}, f.study->metric());
    return compared.empty() ? std::nullopt : std::optional(compared.front());
}

void add_ceiling(const Findings& findings, Sentences& out) {
    const std::optional<Comparison> c = with_ceiling(findings);
    if (!c) return;
    constexpr const char* meanings[] = {
        "Less than the truth's is luck, or chance in these learners.",
        "They can't be told apart, and no model that looks at the past alone has less but by luck.",
        "No model that looks at the past alone has less than the truth's but by luck."};
    out.push_back(fmt::format(
        "The true questions, with abilities inferred from the past, are the "
        "floor of cross-entropy {}. {}. {}",
        deciding_place(findings), difference_text("Cross-entropy", c->cross_entropy, c->baseline),
        meanings[static_cast<int>(c->cross_entropy.outcome)]));
}

// Where the winner stands against each baseline, by the score and by cross-entropy; first on the
// learners held out, where there are any.
Sentences comparison_with_baselines(const Findings& findings) {
    if (!findings.winner) return {};
    Sentences out;
    add_standing(findings, findings.winner->held_out, "On the learners held out", out);
    add_standing(findings, findings.winner->in_cross_validation, "In cross-validation", out);
    if (findings.decided_on_held_out())
        out.push_back(
            "The learners held out decide: the search chose the winner by its score in "
            "cross-validation, where it was trained on part of the learners only.");
    add_ceiling(findings, out);
    return out;
}

json predictors_json(const std::vector<search::ScoredPredictor>& scored) {
    json list = json::array();
    for (const search::ScoredPredictor& one : scored)
        list.push_back(predictor_json(one));
    return list;
}

}  // namespace

std::string baselines_markdown(const Findings& f) {
    const search::Study& study = *f.study;
    if (study.foreign) return "";
    std::string text = markdown_heading("Baselines");
    if (study.baselines_cv.empty())
        return text + "Not fitted yet: they are once the search has ended.\n";
    text +=
        "The categories' frequencies overall (majority) and question by question (item "
        "frequencies) know no learner.";
    if (std::ranges::count(study.baselines_cv, search::logistic_name,
                           &search::ScoredPredictor::name) > 0)
        text +=
            " The logistic regression has an intercept for each question and step of the scale, "
            "and weights for the logarithms of a learner's successes and failures before, in all "
            "and with the question (Best-LR).";
    text +=
        " The classical GPCM has one discrimination and K-1 thresholds a question, with weak "
        "normal priors, fitted by EM, and infers a learner's ability from the responses before.";
    text +=
        study.ceiling_cv
            ? " True questions are what made the data, with abilities inferred likewise: no model "
              "that looks at the past alone has less cross-entropy but by luck. In QWK one "
              "that was trained for it may have more.\n"
            : "\n";
    text +=
        "\nThe winner's difference is what it has more, as a 95% interval; where 0 lies within, "
        "the two can't be told apart.\n";

    text +=
        "\nIn cross-validation, every figure a mean over the same folds (intervals: Student's t "
        "over the folds' differences, corrected for the training learners that folds share; Nadeau "
        "and Bengio 2003):\n\n";
    text += predictors_table(study, f.winner ? &f.winner->cross_validated : nullptr,
                             study.baselines_cv, study.ceiling_cv);
    if (!study.baselines.empty()) {
        text += fmt::format("\nOn the learners held out ({}):\n\n",
                            study.n_test_learners < search::fewest_held_out
                                ? "too few for intervals"
                                : "intervals: bootstrap over learners, both predictors on the same "
                                  "resamples");
        text += predictors_table(study, study.winner ? &study.winner->metrics : nullptr,
                                 study.baselines, study.ceiling);
    }
    const auto comparisons = comparison_with_baselines(f);
    if (!comparisons.empty()) text += fmt::format("\n{}", markdown_list(comparisons));
    return text;
}

void baselines_json(const Findings& f, json& analysis) {
    const search::Study& study = *f.study;
    analysis["baselines"] = {{"held_out", predictors_json(study.baselines)},
                             {"cross_validation", predictors_json(study.baselines_cv)}};
    analysis["ceiling"] = {{"held_out", predictor_or_null(study.ceiling)},
                           {"cross_validation", predictor_or_null(study.ceiling_cv)}};
}

}  // namespace manygpcm::report
