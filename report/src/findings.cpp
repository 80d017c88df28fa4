// Computes the figures of the report from a study.
#include "findings.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

namespace manygpcm {
namespace {

constexpr int trials_per_parameter = 4;

LearningCurve learning_curve(const Trial& trial) {
    LearningCurve curve;
    const std::size_t n_epochs = trial.folds.front().size();
    const auto n_folds = static_cast<double>(trial.folds.size());
    for (std::size_t epoch = 0; epoch < n_epochs; ++epoch) {
        double loss = 0, score = 0;
        for (const auto& fold : trial.folds) {
            loss += fold[epoch].train_loss / n_folds;
            score += fold[epoch].validation.qwk / n_folds;
        }
        curve.train_loss.push_back(loss);
        curve.score.push_back(score);
    }
    const auto best = std::max_element(curve.score.begin(), curve.score.end());
    curve.best_epoch = 1 + static_cast<int>(best - curve.score.begin());
    if (n_epochs < 2) return curve;

    curve.recent_epochs = std::max(1, static_cast<int>(n_epochs) / 5);
    curve.drop = *best - curve.score.back();
    curve.recent_gain = curve.score.back() -
                        curve.score[n_epochs - 1 - static_cast<std::size_t>(curve.recent_epochs)];
    using Shape = LearningCurve::Shape;
    if (curve.drop > level_change)
        curve.shape = Shape::falling;
    else
        curve.shape = curve.recent_gain > level_change ? Shape::improving : Shape::level;
    return curve;
}

Metrics mean_over_folds(const Trial& trial) {
    Metrics mean;
    const auto n = static_cast<double>(trial.folds.size());
    for (const auto& fold : trial.folds) {
        const Metrics& m = fold.back().validation;
        mean.qwk += m.qwk / n;
        mean.qwk_median += m.qwk_median / n;
        mean.accuracy += m.accuracy / n;
        mean.cross_entropy += m.cross_entropy / n;
    }
    return mean;
}

std::vector<Budget> budgets(const Study& study) {
    std::map<std::pair<int, int>, int> counts;  // (epochs, folds) -> trials
    for (const Trial& trial : study.trials) {
        std::size_t epochs = 0;
        for (const auto& fold : trial.folds)
            epochs = std::max(epochs, fold.size());
        ++counts[{static_cast<int>(epochs), static_cast<int>(trial.folds.size())}];
    }
    std::vector<Budget> rows;
    rows.reserve(counts.size());
    for (const auto& [budget, trials] : counts)
        rows.push_back({.epochs = budget.first, .folds = budget.second, .trials = trials});
    return rows;
}

std::vector<BaselineWin> baseline_wins(const Study& study, double best_score) {
    std::vector<BaselineWin> wins;
    for (const HeldOut& baseline : study.baselines)
        if (study.winner && baseline.metrics.qwk >= study.winner->metrics.qwk)
            wins.push_back({.held_out = true,
                            .baseline = baseline.name,
                            .baseline_score = baseline.metrics.qwk,
                            .winner_score = study.winner->metrics.qwk});
    for (const HeldOut& baseline : study.baselines_cv)
        if (baseline.metrics.qwk >= best_score)
            wins.push_back({.held_out = false,
                            .baseline = baseline.name,
                            .baseline_score = baseline.metrics.qwk,
                            .winner_score = best_score});
    return wins;
}

void describe_winner(Findings& findings, const Trial& best) {
    const Study& study = *findings.study;
    findings.best = &best;
    findings.winner = study.space.apply(best.point, study.base);
    findings.loss_weights =
        loss_weights(findings.winner.ce_weight_logit, findings.winner.focal_weight_logit);
    findings.cross_validated = mean_over_folds(best);
    for (const auto& fold : best.folds)
        findings.fold_scores.push_back(fold.back().validation.qwk);
    findings.standard_error = best.cv_std() / std::sqrt(static_cast<double>(best.folds.size()));
    for (const double score : findings.scores)
        findings.rivals += score >= best.score() - findings.standard_error;
    --findings.rivals;  // the winner itself
    findings.edges = edges(study.space, best.point);
    findings.curve = learning_curve(best);
    findings.baseline_wins = baseline_wins(study, best.score());
}

}  // namespace

Findings findings_of(const Study& study) {
    Findings findings;
    findings.study = &study;
    std::vector<Point> points;
    std::vector<double> scores;  // of the successful trials
    for (const Trial& trial : study.trials) {
        const bool successful = trial.successful();
        findings.scores.push_back(successful ? trial.score()
                                             : std::numeric_limits<double>::quiet_NaN());
        if (successful) {
            points.push_back(trial.point);
            scores.push_back(trial.score());
        }
        findings.trial_seconds += trial.seconds();
        findings.skipped_steps += trial.skipped_steps();
        findings.trials_with_skipped_steps += trial.skipped_steps() > 0;
    }
    findings.statistics = score_statistics(findings.scores);
    findings.convergence = convergence(scores);
    findings.importance = parameter_importance(study.space, points, scores, study.seed);
    findings.correlations = parameter_correlations(study.space, points, scores);
    findings.chance_correlation =
        std::min(1.0, 2 / std::sqrt(static_cast<double>(std::max<std::size_t>(1, scores.size()))));
    findings.budgets = budgets(study);
    findings.trials_for_importance =
        trials_per_parameter * static_cast<int>(study.space.parameters().size());
    if (const Trial* best = study.best()) describe_winner(findings, *best);
    return findings;
}

std::array<double, 3> loss_weights(double ce_logit, double focal_logit) {
    const double highest = std::max({ce_logit, focal_logit, 0.0});
    std::array<double, 3> weights = {std::exp(ce_logit - highest), std::exp(focal_logit - highest),
                                     std::exp(-highest)};
    const double sum = weights[0] + weights[1] + weights[2];
    for (double& weight : weights)
        weight /= sum;
    return weights;
}

}  // namespace manygpcm
