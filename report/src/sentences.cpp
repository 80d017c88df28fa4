// Section 7: what to conclude from the figures and what to do next.
#include "sentences.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>

#include "edges.h"

namespace manygpcm {
namespace {

using Sentences = std::vector<std::string>;
using Shape = LearningCurve::Shape;

constexpr double dominant_importance = 0.5, strong_correlation = 0.5;
// Where the published report draws its lines; they know nothing of the dataset at hand.
constexpr double low_score = 0.65, fair_score = 0.70;

std::string edges_to_extend(const Findings& findings) {
    std::vector<std::string> parts;
    for (const Edge& edge : findings.edges) {
        const Parameter& parameter = findings.study->space.find(edge.name);
        if (const auto next = beyond(parameter, edge.upper))
            parts.push_back(fmt::format("`{}` {} (best {}, bound {}; try {})", edge.name,
                                        edge.upper ? "upwards" : "downwards",
                                        format_value(parameter, edge.value),
                                        format_value(parameter, bound(parameter, edge.upper)),
                                        format_value(parameter, *next)));
    }
    if (parts.empty()) return {};
    return fmt::format("Extend the space where the best trial sits at its bound: {}.",
                       fmt::join(parts, ", "));
}

std::string epochs(int n) {
    return n == 1 ? "epoch" : fmt::format("{} epochs", n);
}

}  // namespace

std::string describe(const LearningCurve& curve) {
    const std::size_t n = curve.score.size();
    switch (curve.shape) {
        case Shape::too_short:
            return "One epoch makes no curve: whether more would help is unknown.";
        case Shape::improving:
            return fmt::format(
                "Still improving at the last epoch: {:+.4f} over the last {}, so more epochs "
                "should "
                "help.",
                curve.recent_gain, epochs(curve.recent_epochs));
        case Shape::falling:
            return fmt::format(
                "Overfitting: the score fell by {:.4f} from its best epoch, {} of {}, to the last.",
                curve.drop, curve.best_epoch, n);
        case Shape::level:
            break;
    }
    return fmt::format(
        "Level at the end: the last epoch is {:.4f} below the best epoch, {} of {}; changes below "
        "{:.3f} count as none.",
        curve.drop, curve.best_epoch, n, level_change);
}

Sentences performance_summary(const Findings& findings) {
    const ScoreStatistics& s = findings.statistics;
    const double efficiency = findings.convergence.efficiency;
    Sentences out = {fmt::format("**Best score**: {:.4f}, trial {} of {}", s.best, s.best_trial,
                                 s.total_trials)};
    if (s.successful_trials < 2) return out;
    out.push_back(fmt::format("**Score range**: {:.4f}, from {:.4f} to {:.4f}", s.range,
                              s.best - s.range, s.best));
    out.push_back(fmt::format("**Convergence efficiency**: {} ({:.1f}%)",
                              efficiency < 0.2   ? "Excellent"
                              : efficiency < 0.4 ? "Good"
                                                 : "Slow",
                              100 * efficiency));
    return out;
}

Sentences parameter_patterns(const Findings& findings) {
    Sentences out;
    for (const ParameterFigure& figure : findings.importance)
        if (figure.value > dominant_importance)
            out.push_back(fmt::format("`{}` dominates: {:.1f}% of the importance.", figure.name,
                                      100 * figure.value));
    for (const ParameterFigure& figure : findings.correlations)
        if (std::abs(figure.value) > strong_correlation)
            out.push_back(fmt::format(
                "`{}` goes with the score: {} values scored higher (r = {:.3f}){}.", figure.name,
                figure.value > 0 ? "higher" : "lower", figure.value,
                std::abs(figure.value) <= findings.chance_correlation
                    ? fmt::format(", but chance alone reaches ±{:.2f}", findings.chance_correlation)
                    : ""));
    if (out.empty())
        out.push_back(
            "No parameter has more than 50% of the importance, none a correlation beyond "
            "±0.5.");
    return out;
}

Sentences recommendations(const Findings& findings) {
    const ScoreStatistics& s = findings.statistics;
    Sentences out;
    if (!findings.baseline_wins.empty()) {
        const BaselineWin& win = findings.baseline_wins.front();
        out.push_back(fmt::format(
            "Don't use the winner as it is: {} does as well without knowing the learner ({:.4f} "
            "against {:.4f}).",
            win.baseline, win.baseline_score, win.winner_score));
    }
    if (findings.bidirectional())
        out.push_back(
            "Repeat the sweep with `attention=causal`: only its scores mean anything for "
            "prediction.");
    if (findings.best != nullptr) {
        if (findings.curve.shape == Shape::improving)
            out.push_back(
                fmt::format("Train for more than {} epochs: the winner still gained {:.4f} "
                            "over the last {}.",
                            findings.curve.score.size(), findings.curve.recent_gain,
                            epochs(findings.curve.recent_epochs)));
        if (findings.curve.shape == Shape::falling)
            out.push_back(
                fmt::format("Train for about {} epochs, or regularise more: the winner lost "
                            "{:.4f} after that.",
                            findings.curve.best_epoch, findings.curve.drop));
        const Metrics& cv = findings.cross_validated;
        if (cv.qwk_median > cv.qwk + level_change)
            out.push_back(fmt::format(
                "Predict the median category, not the most probable one, where QWK is what counts: "
                "{:.4f} against {:.4f} in cross-validation.",
                cv.qwk_median, cv.qwk));
        if (const std::string extend = edges_to_extend(findings); !extend.empty())
            out.push_back(extend);
    }
    if (s.successful_trials < findings.trials_for_importance)
        out.push_back(
            fmt::format("Run at least {} trials before relying on importances: {} of {} "
                        "succeeded here.",
                        findings.trials_for_importance, s.successful_trials, s.total_trials));
    if (findings.skipped_steps > 0)
        out.push_back(fmt::format(
            "Look at `lr` and `grad_clip` of the trials with skipped steps before widening the "
            "space: "
            "{} of the {} trials have some, {} steps in all.",
            findings.trials_with_skipped_steps, s.total_trials, findings.skipped_steps));
    if (out.empty()) out.push_back("Nothing in these figures calls for a change.");
    return out;
}

Sentences next_steps(const Findings& findings) {
    if (findings.best == nullptr)
        return {"Find out why no trial succeeded: train one configuration by itself first."};
    const double best = findings.statistics.best;
    Sentences out;
    if (best < low_score)
        out.push_back(
            fmt::format("The best score, {:.4f}, is below {:.2f}: act on the recommendations "
                        "above before running more trials of the same kind.",
                        best, low_score));
    else if (best < fair_score)
        out.push_back(
            fmt::format("The best score, {:.4f}, lies between {:.2f} and {:.2f}: search again "
                        "around the best parameters, with more trials.",
                        best, low_score, fair_score));
    else
        out.push_back(
            fmt::format("The best score, {:.4f}, is at least {:.2f}: confirm it on learners "
                        "that no search has seen.",
                        best, fair_score));
    out.push_back(
        fmt::format("These lines ({:.2f} and {:.2f}) are the published report's; what can be "
                    "reached depends on the dataset.",
                    low_score, fair_score));
    return out;
}

}  // namespace manygpcm
