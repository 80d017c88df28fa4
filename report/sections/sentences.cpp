// What to conclude from the figures and what to do next.
#include "sections/sentences.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "figures/edges.h"
#include "sections/markdown_text.h"

namespace manygpcm::report {
namespace {

using Sentences = std::vector<std::string>;
using Shape = LearningCurve::Shape;

constexpr double dominant_importance = 0.5, strong_correlation = 0.5;
constexpr int trials_to_judge_convergence = 20;
// Rules of thumb that know nothing of the dataset at hand.
constexpr double low_score = 0.65, fair_score = 0.70;

// What qualifies a conclusion from trials that were compared before the end of their training.
std::string judged_early(const Findings& findings) {
    return findings.compared_early() ? " " + how_compared(findings) : "";
}

// Whether the edge may say something: with two choices, one of the two is always at a bound.
bool worth_extending(const Findings& findings, const Edge& edge) {
    const search::Space& space = findings.study->space;
    const search::Parameter& parameter = space.find(edge.name);
    const double average = 1.0 / static_cast<double>(space.parameters().size());
    return findings.total_importance(edge.name) >= average &&
           (parameter.kind != search::Parameter::Kind::choice || parameter.choices.size() > 2);
}

std::string edges_to_extend(const Findings& findings) {
    if (findings.winner->edges.empty()) return {};
    if (!findings.enough_trials())
        return fmt::format(
            "Leave the bounds of the space where they are for now: {} of the best trial's {} "
            "parameters sit at one, but with fewer than {} comparable trials that may be chance.",
            findings.winner->edges.size(), findings.study->space.parameters().size(),
            findings.trials_for_importance);
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

std::string interval(const Estimate& estimate) {
    return std::isfinite(estimate.low)
               ? fmt::format("95% {} to {}", fixed(estimate.low, 3), fixed(estimate.high, 3))
               : "no interval";
}

bool surely_not_zero(const Estimate& estimate) {
    return estimate.low > 0 || estimate.high < 0;
}

// What to fix: a parameter that does nothing only costs trials.
void add_negligible(const Findings& findings, Sentences& out) {
    std::vector<std::string> parts;
    for (const Importance* one : findings.negligible())
        parts.push_back(fmt::format("{} ({}%, at most {}%)", markdown_code(one->name),
                                    fixed(100 * one->fanova_total.value, 1),
                                    fixed(100 * one->fanova_total.high, 1)));
    if (!parts.empty())
        out.push_back(fmt::format(
            "Fix what doesn't matter{} and search the rest: by fANOVA, interactions included, less "
            "than {}% of the variance comes from {}, and the best trials hardly differ in it.",
            judged_early(findings), fixed(100 * negligible_share, 0), fmt::join(parts, ", ")));
}

// Whether more trials of the same kind would help.
void add_budget(const Findings& findings, Sentences& out) {
    if (!findings.improvement_left) return;
    const search::ImprovementLeft& left = *findings.improvement_left;
    const std::string figures = fmt::format(
        "the most promising point is expected to improve on the best by {} (Gaussian process "
        "over {} trials, noise of a score {})",
        findings.score_text(left.next_trial), left.trials, findings.score_text(left.noise));
    if (findings.compared_early())
        out.push_back(
            fmt::format("Budget: {}; that is{}, not at the end.", figures, judged_early(findings)));
    else if (left.next_trial < left.noise)
        out.push_back(fmt::format(
            "Don't expect much of one more trial in this space: {}, less than that noise.",
            figures));
    else
        out.push_back(fmt::format("Run more trials: {}, more than that noise.", figures));
}

void add_loss_mix(const Findings& findings, Sentences& out) {
    std::vector<std::string> parts;
    for (const Correlation& one : findings.loss_correlations)
        if (surely_not_zero(one.pearson))
            parts.push_back(fmt::format("{} {} (r = {}, {})",
                                        one.pearson.value > 0 ? "more" : "less", one.name,
                                        fixed(one.pearson.value, 3), interval(one.pearson)));
    if (!parts.empty() && findings.enough_trials())
        out.push_back(fmt::format(
            "Mix the loss with {}{}; the best trial has CE {}, Focal {}, QWK "
            "{}.",
            fmt::join(parts, ", "), judged_early(findings), fixed(findings.winner->loss.ce, 2),
            fixed(findings.winner->loss.focal, 2), fixed(findings.winner->loss.qwk, 2)));
}

std::string epochs(int n) {
    return n == 1 ? "epoch" : fmt::format("{} epochs", n);
}

std::string over_folds(const std::optional<Interval>& interval) {
    return interval ? fmt::format("95% over the folds {} to {}", fixed(interval->low, 4),
                                  fixed(interval->high, 4))
                    : "no interval from one fold";
}

// The share of trials after which the search settled; no praise: points drawn at random learn
// nothing from each other, so an early best is luck.
std::string pace(const Findings& findings) {
    const ScoreStatistics& s = findings.statistics;
    const double efficiency = findings.convergence.efficiency;
    const std::string figure = fmt::format("{}%", fixed(100 * efficiency, 1));
    if (s.total_trials < trials_to_judge_convergence)
        return fmt::format("{}; fewer than {} trials are too few to judge it", figure,
                           trials_to_judge_convergence);
    if (!findings.convergence.settled) return figure + ": the last trials still gained";
    if (2 * s.best_trial > s.total_trials)
        return fmt::format("{}, yet the best came late, in trial {} of {}", figure, s.best_trial,
                           s.total_trials);
    return fmt::format("{}: {}", figure,
                       efficiency < 0.2   ? "early"
                       : efficiency < 0.4 ? "not late"
                                          : "slow");
}

// What the winner's learning curve and its kinds of decision suggest.
void add_training(const Findings& findings, Sentences& out) {
    const LearningCurve& curve = findings.winner->curve;
    if (curve.shape == Shape::improving && curve.beyond_noise())
        out.push_back(
            fmt::format("Train for more than {} epochs: the winner still gained {} "
                        "over the last {} ({}).",
                        curve.score.size(), fixed(curve.recent_gain, 4),
                        epochs(curve.recent_epochs), over_folds(curve.recent_gain_interval)));
    if (curve.shape == Shape::falling && curve.beyond_noise())
        out.push_back(
            fmt::format("Train for about {} epoch{}, or {}: the winner lost {} after that ({}).",
                        curve.best_epoch, curve.best_epoch == 1 ? "" : "s",
                        curve.overfits() ? "regularise more" : "with a lower `lr`",
                        fixed(curve.drop, 4), over_folds(curve.drop_interval)));
    if (findings.winner->median_gain > level_change && findings.winner->median_gain_interval &&
        findings.winner->median_gain_interval->low > 0)
        out.push_back(fmt::format(
            "Predict the median category, not the most probable one, where QWK is what counts: "
            "{} more in cross-validation ({}).",
            fixed(findings.winner->median_gain, 4),
            over_folds(findings.winner->median_gain_interval)));
}

}  // namespace

std::string training_compared(const Findings& findings) {
    const auto counted = [](int n, const char* what) {
        return fmt::format("{} {}{}", n, what, n == 1 ? "" : "s");
    };
    const ComparableTrials& c = findings.comparable;
    return fmt::format("{} on {}", counted(c.epochs, "epoch"), counted(c.folds, "fold"));
}

std::string how_compared(const Findings& findings) {
    return findings.study->foreign ? "by their final values"
                                   : "after " + training_compared(findings);
}

std::string describe(const LearningCurve& curve) {
    const std::size_t n = curve.score.size();
    switch (curve.shape) {
        case Shape::too_short:
            return "One epoch makes no curve: whether more would help is unknown.";
        case Shape::improving:
            return fmt::format(
                "Higher at the end: {} over the last {} ({}), {}. The training loss changed "
                "by {} meanwhile.",
                signed_fixed(curve.recent_gain, 4), epochs(curve.recent_epochs),
                over_folds(curve.recent_gain_interval),
                curve.beyond_noise() ? "so more epochs should help"
                                     : "so it can't be told whether more epochs would help",
                signed_fixed(curve.recent_loss, 4));
        case Shape::falling:
            return fmt::format(
                "Lower at the end: {} below the best epoch, {} of {} ({}), {}. The training "
                "loss changed by {} since.",
                fixed(curve.drop, 4), curve.best_epoch, n, over_folds(curve.drop_interval),
                !curve.beyond_noise() ? "so it can't be told whether training went on too long"
                : curve.overfits()    ? "which looks like overfitting"
                                      : "which looks like unstable training",
                signed_fixed(curve.loss_since_best, 4));
        case Shape::level:
            break;
    }
    return fmt::format(
        "Level at the end: the last epoch is {} below the best epoch, {} of {}; changes below "
        "{} count as none. The training loss changed by {} over the last {}.",
        fixed(curve.drop, 4), curve.best_epoch, n, fixed(level_change, 3),
        signed_fixed(curve.recent_loss, 4), epochs(curve.recent_epochs));
}

Sentences performance_summary(const Findings& findings) {
    const ScoreStatistics& s = findings.statistics;
    Sentences out = {fmt::format("**Best score**: {}, trial {} of {}", findings.score_text(s.best),
                                 s.best_trial, s.total_trials)};
    if (s.successful_trials < 2) return out;
    const double worst = s.best + (findings.study->minimize ? s.range : -s.range);
    out.push_back(fmt::format("**Score range**: {}, from {} to {}", findings.score_text(s.range),
                              findings.score_text(std::min(worst, s.best)),
                              findings.score_text(std::max(worst, s.best))));
    out.push_back(fmt::format("**Convergence efficiency**: {}", pace(findings)));
    return out;
}

Sentences parameter_patterns(const Findings& findings) {
    Sentences out;
    for (const Importance& importance : findings.importances.parameters)
        if (importance.fanova.value > dominant_importance)
            out.push_back(fmt::format(
                "{} dominates{}: it makes {}% of the variance by itself (fANOVA, 95% "
                "interval {}% to {}%){}.",
                markdown_code(importance.name), judged_early(findings),
                fixed(100 * importance.fanova.value, 1), fixed(100 * importance.fanova.low, 1),
                fixed(100 * importance.fanova.high, 1),
                findings.enough_trials() ? ""
                                         : fmt::format(", as far as fewer than {} trials can tell",
                                                       findings.trials_for_importance)));
    bool any = false;
    for (const Correlation& correlation : findings.correlations) {
        const double r = correlation.pearson.value;
        if (std::abs(r) <= std::max(strong_correlation, chance_correlation(correlation.trials)))
            continue;
        any = true;
        out.push_back(fmt::format("{} goes with the score{}: {} values scored higher{} (r = {}).",
                                  markdown_code(correlation.name), judged_early(findings),
                                  r > 0 ? "higher" : "lower",
                                  findings.study->minimize ? ", which is worse" : "", fixed(r, 3)));
    }
    if (!any && !findings.correlations.empty())
        out.push_back(
            fmt::format("No Pearson's r lies beyond ±{}.",
                        fixed(std::max(strong_correlation, findings.chance_correlation), 2)));
    if (!findings.correlations.empty())
        out.push_back(fmt::format(
            "{} parameters were looked at: chance alone takes about {} of them beyond ±{}.",
            findings.correlations.size(), fixed(findings.expected_beyond_chance, 2),
            fixed(findings.chance_correlation, 2)));
    return out;
}

Sentences loss_insights(const Findings& findings) {
    Sentences out;
    for (const Correlation& one : findings.loss_correlations)
        out.push_back(fmt::format("Weight of {}: r = {} with the score{} ({}){}.", one.name,
                                  fixed(one.pearson.value, 3), judged_early(findings),
                                  interval(one.pearson),
                                  surely_not_zero(one.pearson) ? "" : ", which may be chance"));
    return out;
}

Sentences recommendations(const Findings& findings) {
    const ScoreStatistics& s = findings.statistics;
    Sentences out = use_of_winner(findings);
    if (findings.bidirectional())
        out.push_back(
            "Repeat the sweep with `attention=causal`: only its scores mean anything for "
            "prediction.");
    if (findings.winner) {
        if (!findings.study->foreign) add_training(findings, out);
        if (const std::string extend = edges_to_extend(findings); !extend.empty())
            out.push_back(extend);
        add_negligible(findings, out);
        add_loss_mix(findings, out);
        add_budget(findings, out);
    }
    if (!findings.enough_trials())
        out.push_back(
            fmt::format("Run at least {} trials before relying on importances: {} of {} "
                        "can be compared here.",
                        findings.trials_for_importance, findings.n_comparable(), s.total_trials));
    if (findings.skipped_steps > 0)
        out.push_back(fmt::format(
            "Look at `lr` and `grad_clip` of the trials with skipped steps before widening the "
            "space: {} of the {} trials have some, {} steps in all.",
            findings.trials_with_skipped_steps, s.total_trials, findings.skipped_steps));
    if (out.empty()) out.push_back("Nothing in these figures calls for a change.");
    return out;
}

Sentences next_steps(const Findings& findings) {
    if (findings.study->foreign) return {};
    if (findings.unfinished_without_winner())
        return {
            "Let the search go on, or resume it if it was interrupted: no trial has been "
            "trained fully yet."};
    if (!findings.winner)
        return {"Find out why no trial succeeded: train one configuration by itself first."};
    const double best = findings.statistics.best;
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
        out.push_back(fmt::format(
            "The best score, {}, is at least {}: {}.", fixed(best, 4), fixed(fair_score, 2),
            findings.study->winner ? fmt::format("on learners held out the winner has {}",
                                                 fixed(findings.study->winner->metrics.qwk, 4))
                                   : "confirm it on learners that no search has seen"));
    out.push_back(
        fmt::format("{} and {} are rules of thumb; what can be reached depends on the "
                    "dataset. The published sweep (attn_gpcm_learn, 50 trials × 5 folds on "
                    "synthetic_500_200_4) reached 0.637 with bidirectional attention.",
                    fixed(low_score, 2), fixed(fair_score, 2)));
    return out;
}

}  // namespace manygpcm::report
