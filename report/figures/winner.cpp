// Reads the figures of the best trial.
#include "figures/winner.h"

#include <algorithm>
#include <boost/math/statistics/univariate_statistics.hpp>
#include <cmath>
#include <limits>

#include "figures/scoreboard.h"

namespace manygpcm::report {
namespace {

// Of the mean of `values`.
double standard_error(const std::vector<double>& values) {
    if (values.size() < fewest_folds) return std::numeric_limits<double>::quiet_NaN();
    return std::sqrt(boost::math::statistics::sample_variance(values) /
                     static_cast<double>(values.size()));
}

// How much better one score is than another.
double gain(const search::Trial& trial, double score, double than) {
    return trial.objective->minimize ? than - score : score - than;
}

// What the score gains from one epoch to another, by fold.
std::vector<double> gains(const search::Trial& trial, std::size_t from, std::size_t to) {
    std::vector<double> found;
    for (const auto& fold : trial.folds)
        found.push_back(gain(trial, trial.score_of(fold[to]), trial.score_of(fold[from])));
    return found;
}

LearningCurve learning_curve(const search::Study& study, const search::Trial& trial) {
    LearningCurve curve;
    curve.minimize = trial.objective->minimize;
    const auto n_epochs = static_cast<std::size_t>(trial.epochs());
    const auto n_folds = static_cast<double>(trial.folds.size());
    for (std::size_t epoch = 0; epoch < n_epochs; ++epoch) {
        double loss = 0, score = 0;
        for (const auto& fold : trial.folds) {
            loss += fold[epoch].train_loss / n_folds;
            score += trial.score_of(fold[epoch]) / n_folds;
        }
        curve.train_loss.push_back(loss);
        curve.score.push_back(score);
    }
    const auto best = std::ranges::max_element(
        curve.score, [&](double a, double b) { return trial.objective->better(b, a); });
    const auto best_epoch = static_cast<std::size_t>(best - curve.score.begin());
    curve.best_epoch = 1 + static_cast<int>(best_epoch);
    if (n_epochs < 2) return curve;
    curve.loss_since_best = curve.train_loss.back() - curve.train_loss[best_epoch];

    curve.recent_epochs = std::max(1, static_cast<int>(n_epochs) / 5);
    const std::size_t last = n_epochs - 1;
    const std::size_t before = last - static_cast<std::size_t>(curve.recent_epochs);
    curve.drop = gain(trial, *best, curve.score[last]);
    curve.drop_interval = interval_over_folds(study, gains(trial, last, best_epoch));
    curve.recent_gain = gain(trial, curve.score[last], curve.score[before]);
    curve.recent_loss = curve.train_loss[last] - curve.train_loss[before];
    curve.recent_gain_interval = interval_over_folds(study, gains(trial, before, last));
    constexpr std::size_t fewest_in_order = 4;
    const auto no_better = [&](double a, double b) { return !trial.objective->better(b, a); };
    curve.rose_throughout = n_epochs >= fewest_in_order &&
                            std::ranges::adjacent_find(curve.score, no_better) == curve.score.end();
    using Shape = LearningCurve::Shape;
    if (curve.drop > level_change)
        curve.shape = Shape::falling;
    else
        curve.shape = curve.recent_gain > level_change ? Shape::improving : Shape::level;
    return curve;
}

// Full trials whose scores on the folds aren't surely below the best one's.
std::optional<int> rivals(const search::Study& study, const search::Trial& best) {
    if (!folds_decide(study)) return std::nullopt;
    int found = 0;
    for (const search::Trial& trial : study.trials) {
        if (&trial == &best || !trial.full() || trial.folds.size() != best.folds.size()) continue;
        std::vector<double> differences;
        for (std::size_t fold = 0; fold < best.folds.size(); ++fold)
            differences.push_back(gain(best, best.score_of(best.folds[fold].back()),
                                       best.score_of(trial.folds[fold].back())));
        const auto interval = interval_over_folds(study, differences);
        found += interval && interval->low <= 0;
    }
    return found;
}

}  // namespace

Winner describe_winner(const search::Study& study, const search::Trial& best) {
    Winner winner;
    winner.trial = &best;
    winner.edges = edges(study.space, best.point);
    if (study.foreign) {
        winner.fold_scores = {best.score()};
        winner.standard_error = standard_error(winner.fold_scores);
        return winner;
    }
    const Hyperparameters h = study.at(best.point);
    winner.hyperparameters = h;
    winner.loss = kernels::ordinal_loss(h.ce_weight_logit, h.focal_weight_logit, h.label_smoothing);
    const std::vector<Metrics> by_fold = best.last_epochs();
    std::vector<double> median_gains;
    for (const Metrics& fold : by_fold) {
        winner.fold_scores.push_back(fold[*best.objective]);
        median_gains.push_back(fold["qwk_median"] - fold["qwk"]);
    }
    winner.cross_validated = search::mean_over_folds(by_fold);
    winner.median_gain = winner.cross_validated["qwk_median"] - winner.cross_validated["qwk"];
    winner.median_gain_interval = interval_over_folds(study, median_gains);
    winner.standard_error = standard_error(winner.fold_scores);
    winner.rivals = rivals(study, best);
    winner.curve = learning_curve(study, best);
    return winner;
}

bool LearningCurve::beyond_noise() const {
    const auto& interval = shape == Shape::falling ? drop_interval : recent_gain_interval;
    return interval && interval->low > 0;
}

}  // namespace manygpcm::report
