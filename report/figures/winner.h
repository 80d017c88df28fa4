// What is known of the best trial, and of the model that it became.
#pragma once

#include <optional>
#include <vector>

#include "figures/edges.h"
#include "manygpcm/kernels/gpcm_head.h"
#include "manygpcm/search/study.h"

namespace manygpcm::report {

/// The winner's cross-validation by epoch: does training end too early or too late?
struct LearningCurve {
    enum class Shape { too_short, improving, level, falling };
    std::vector<double> train_loss, score;  ///< [epoch] means over the folds
    bool minimize = false;                  ///< the lower a score, the better
    Shape shape = Shape::too_short;
    int best_epoch = 0;      ///< 1-based, the first of equals
    double drop = 0;         ///< what the score at the last epoch lacks to the one at the best
    int recent_epochs = 0;   ///< the last fifth of the epochs, at least one
    double recent_gain = 0;  ///< what they added to the score
    /// Each epoch scored better than the one before, and there are so many that chance hardly makes
    /// such an order: of n epochs without a trend in 1 of n! cases, below 5% from four on.
    bool rose_throughout = false;
    double loss_since_best = 0, recent_loss = 0;  ///< change of the training loss over the same
    std::optional<Interval> drop_interval, recent_gain_interval;  ///< interval_over_folds()

    /// Whether the folds agree on the rise or the fall at the end.
    bool beyond_noise() const;
    /// Whether the score was better at the end, by the folds or by the order of all epochs.
    bool still_gains() const {
        return shape == Shape::improving && (beyond_noise() || rose_throughout);
    }
    /// Whether the score fell while the training loss did too: what was learned helps nobody else.
    bool overfits() const { return shape == Shape::falling && loss_since_best < 0; }
};
inline constexpr double level_change = 0.005;  ///< of a score; a curve that moves less is level

struct Winner {
    const search::Trial* trial = nullptr;
    Hyperparameters hyperparameters;  ///< all of them, searched or not; unknown of a foreign study
    kernels::OrdinalLoss loss;        ///< their weights of the loss's three parts; likewise
    Metrics cross_validated;          ///< mean_over_folds of the last epochs
    std::vector<double> fold_scores;  ///< [fold] last epoch
    double standard_error = 0;        ///< of the score, over its folds; NaN of too few
    /// Other full trials that the folds can't tell from it; none where folds can't decide.
    std::optional<int> rivals;
    std::vector<Edge> edges;
    LearningCurve curve;     ///< empty of a foreign study
    double median_gain = 0;  ///< what the median category has above the most probable, in QWK, ..
    std::optional<Interval> median_gain_interval;  ///< .. and its interval_over_folds()
};

/// @param best one of the study's, which must outlive it
Winner describe_winner(const search::Study& study, const search::Trial& best);

}  // namespace manygpcm::report
