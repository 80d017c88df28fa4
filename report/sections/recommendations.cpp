// What to do about what the figures show.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "figures/comparison.h"
#include "figures/edges.h"
#include "figures/number_text.h"
#include "manygpcm/engine/shown.h"
#include "sections/markdown_text.h"
#include "sections/sections.h"
#include "sections/wording.h"

namespace manygpcm::report {
namespace {

using nlohmann::json;
using Sentences = std::vector<std::string>;
using Outcome = Difference::Outcome;
using Shape = LearningCurve::Shape;

constexpr double negligible_share = 0.05;  // of the variance

// Whether the edge may say something: with two choices, one of the two is always at a bound.
bool worth_extending(const Findings& findings, const Edge& edge) {
    const search::Space& space = findings.study->space;
    const search::Parameter& parameter = space.find(edge.name);
    const double average = 1.0 / static_cast<double>(space.parameters().size());
    return findings.total_importance(edge.name) >= average &&
           (parameter.kind != search::Parameter::Kind::choice || parameter.choices.size() > 2);
}

std::string edges_to_extend(const Findings& findings) {
    if (!findings.enough_trials()) return {};  // it may be chance
    std::vector<std::string> parts;
    for (const Edge& edge : findings.winner->edges) {
        const search::Parameter& parameter = findings.study->space.find(edge.name);
        if (!worth_extending(findings, edge)) continue;
        if (const auto next = beyond(parameter, edge.upper))
            parts.push_back(fmt::format(
                "{} {} (best {}, bound {}; try {})", markdown_code(edge.name),
                edge.upper ? "upwards" : "downwards", search::format_value(parameter, edge.value),
                search::format_value(parameter, bound(parameter, edge.upper)),
                search::format_value(parameter, *next)));
    }
    if (parts.empty()) return {};
    return fmt::format("Extend the space where a parameter that matters{} sits at its bound: {}.",
                       judged_early(findings), fmt::join(parts, ", "));
}

// Parameters whose share of the variance, interactions included, is surely below
// `negligible_share`, and which tell the best trials from the others less than half as well as
// parameters do on average (PED-ANOVA); none where there are too few trials to tell.
std::vector<const Importance*> negligible(const Findings& findings) {
    std::vector<const Importance*> found;
    if (!findings.enough_trials()) return found;
    const double beyond_pairs = std::max(0.0, findings.importances.higher_order);  // anybody's
    const double half_a_fair_share =
        0.5 / static_cast<double>(findings.importances.parameters.size());
    for (const Importance& one : findings.importances.parameters)
        if (one.fanova_total.high + beyond_pairs < negligible_share &&
            one.ped_anova.value < half_a_fair_share)
            found.push_back(&one);
    return found;
}

// What to fix: a parameter that does nothing only costs trials.
void add_negligible(const Findings& findings, Sentences& out) {
    std::vector<std::string> parts;
    for (const Importance* one : negligible(findings))
        parts.push_back(fmt::format("{} ({}%, at most {}%)", markdown_code(one->name),
                                    fixed(100 * one->fanova_total.value, 1),
                                    fixed(100 * one->fanova_total.high, 1)));
    if (!parts.empty())
        out.push_back(fmt::format(
            "Fix what doesn't matter{} and search the rest: by fANOVA, interactions included, less "
            "than {}% of the variance comes from {}, and the best trials hardly differ in it.",
            judged_early(findings), fixed(100 * negligible_share, 0), fmt::join(parts, ", ")));
}

void add_loss_mix(const Findings& findings, Sentences& out) {
    std::vector<std::string> parts;
    for (const Correlation& one : findings.loss_correlations)
        if (one.pearson.surely_not_zero())
            parts.push_back(fmt::format("{} {} (r = {}, {})",
                                        one.pearson.value > 0 ? "more" : "less", one.name,
                                        fixed(one.pearson.value, 3), interval_text(one.pearson)));
    if (!parts.empty() && findings.enough_trials())
        out.push_back(fmt::format(
            "Mix the loss with {}{}; the best trial has CE {}, Focal {}, QWK "
            "{}.",
            fmt::join(parts, ", "), judged_early(findings), fixed(findings.winner->loss.ce, 2),
            fixed(findings.winner->loss.focal, 2), fixed(findings.winner->loss.qwk, 2)));
}

// What the winner's learning curve and its kinds of decision suggest.
void add_training(const Findings& findings, Sentences& out) {
    const LearningCurve& curve = findings.winner->curve;
    if (curve.still_gains())
        out.push_back(
            fmt::format("Train for more than {}: the winner still gained {} "
                        "over the last {}{}.",
                        counted(std::ssize(curve.score), "epoch"), fixed(curve.recent_gain, 4),
                        epochs_text(curve.recent_epochs), over_folds(curve.recent_gain_interval)));
    if (curve.shape == Shape::falling && curve.beyond_noise())
        out.push_back(fmt::format("Train for about {}, or {}: the winner lost {} after that{}.",
                                  counted(curve.best_epoch, "epoch"),
                                  curve.overfits() ? "regularise more" : "with a lower `lr`",
                                  fixed(curve.drop, 4), over_folds(curve.drop_interval)));
    if (findings.winner->median_gain > level_change && findings.winner->median_gain_interval &&
        findings.winner->median_gain_interval->low > 0)
        out.push_back(fmt::format(
            "Predict the median category (`predict --decision median`) where QWK is what counts: "
            "{} more in cross-validation{}.",
            fixed(findings.winner->median_gain, 4),
            over_folds(findings.winner->median_gain_interval)));
}

// The classical model where it is surely better: it can be had at once.
void add_use_of_classical(const Findings& findings, Sentences& out) {
    for (const Comparison& one : findings.deciding().comparisons)
        if (one.baseline == search::classical_name && one.lead.outcome == Outcome::baseline_ahead)
            out.emplace_back(
                "Use the classical GPCM for now: `manygpcm train --model gpcm` fits it to all "
                "training learners.");
}

// Whether more trials of the same kind would help; of scores compared early the end isn't known,
// but how many trials importances lack.
void add_budget(const Findings& findings, Sentences& out) {
    const int lacking = findings.trials_for_importance - findings.n_comparable();
    if (!findings.improvement_left || findings.compared_early()) {
        if (lacking > 0)
            out.push_back(
                fmt::format("Run {} before you act on importances, correlations or edges.",
                            counted(lacking, "more trial")));
        return;
    }
    const search::ImprovementLeft& left = *findings.improvement_left;
    const bool worth_it = left.next_trial >= left.noise;
    out.push_back(fmt::format(
        "{}: the most promising point is expected to improve on the best by {} (Gaussian process "
        "over {} trials), {} than the noise of a score, {}{}.",
        worth_it ? "Run more trials" : "Don't expect much of one more trial in this space",
        findings.score_text(left.next_trial), left.trials, worth_it ? "no less" : "less",
        findings.score_text(left.noise),
        lacking > 0 ? fmt::format("; importances would take {} more", lacking) : ""));
}

// What it takes to tell the winner from the baselines, where folds are what lacks.
void add_more_folds(const Findings& findings, Sentences& out) {
    const search::Study& study = *findings.study;
    if (findings.winner && !study.foreign && !study.baselines_cv.empty() &&
        findings.deciding().comparisons.empty() && study.n_learners >= search::fewest_held_out &&
        study.n_folds < fewest_folds)
        out.push_back(fmt::format(
            "Sweep anew with `--folds 5`, or hold {} learners or more out (`manygpcm sweep --data "
            "DIR`, with their file as `test.csv` in DIR beside `train.csv`): else the winner can't "
            "be compared with the baselines.",
            search::fewest_held_out));
}

Sentences recommendations(const Findings& findings) {
    Sentences out;
    add_more_folds(findings, out);
    add_use_of_classical(findings, out);
    const bool classical = winner_is_classical(*findings.study);
    if (classical)
        out.emplace_back(
            "Use the classical GPCM that won: no deeper model of this search scored higher.");
    if (findings.winner) {
        if (!findings.study->foreign && !classical) add_training(findings, out);
        if (const std::string extend = edges_to_extend(findings); !extend.empty())
            out.push_back(extend);
        add_negligible(findings, out);
        add_loss_mix(findings, out);
        // What other models' parameters do changes nothing about it.
        if (!classical || (findings.improvement_left && !findings.compared_early()))
            add_budget(findings, out);
    }
    if (findings.skipped_steps > 0)
        out.push_back(fmt::format(
            "Look at `lr` and `grad_clip` of the trials that skipped training steps, as loss or "
            "gradient wasn't finite: {} of {}, {} in all.",
            findings.trials_with_skipped_steps, findings.statistics.total_trials,
            counted(findings.skipped_steps, "step")));
    if (out.empty()) out.push_back("Nothing in these figures calls for a change.");
    return out;
}

json improvement(const Findings& f) {
    if (!f.improvement_left) return nullptr;
    return {{"next_trial", f.improvement_left->next_trial},
            {"noise", f.improvement_left->noise},
            {"trials", f.improvement_left->trials}};
}

}  // namespace

std::string recommendations_markdown(const Findings& f) {
    return markdown_subheading("Actionable Recommendations") + markdown_list(recommendations(f));
}

void recommendations_json(const Findings& f, json& analysis) {
    analysis["recommendations"] = recommendations(f);
    analysis["expected_improvement"] = improvement(f);
}

}  // namespace manygpcm::report
