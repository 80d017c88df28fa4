// Everything that the report says is first a figure here: computed once from a study, then printed
// by the Markdown and written by the JSON.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "manygpcm/report/analysis.h"

namespace manygpcm {

/// The winner's cross-validation by epoch: does training end too early or too late?
struct LearningCurve {
    enum class Shape { too_short, improving, level, falling };
    std::vector<double> train_loss, score;  ///< [epoch] means over the folds
    Shape shape = Shape::too_short;
    int best_epoch = 0;      ///< 1-based, the first of equals
    double drop = 0;         ///< score at the best epoch less the one at the last
    int recent_epochs = 0;   ///< the last fifth of the epochs, at least one
    double recent_gain = 0;  ///< what they added to the score
};
inline constexpr double level_change = 0.005;  ///< of QWK; a curve that moves less is level

/// A baseline that scores at least as high as the winner on the same learners.
struct BaselineWin {
    bool held_out = false;  ///< else in cross-validation
    std::string baseline;
    double baseline_score = 0, winner_score = 0;
};

/// Trials that were trained alike.
struct Budget {
    int epochs = 0, folds = 0, trials = 0;
};

struct Findings {
    const Study* study = nullptr;
    std::vector<double> scores;  ///< [trial], NaN where the trial failed
    ScoreStatistics statistics;
    Convergence convergence;  ///< over the successful trials
    std::vector<ParameterFigure> importance, correlations;
    double chance_correlation =
        0;  ///< |r| that chance alone stays below in 95% of cases, 2/sqrt(n)
    std::vector<Budget> budgets;
    double trial_seconds = 0;
    int skipped_steps = 0, trials_with_skipped_steps = 0;
    int trials_for_importance = 0;  ///< four per parameter: with fewer, importances are unreliable

    // Only where a trial succeeded:
    const Trial* best = nullptr;
    Hyperparameters winner;                ///< all its values, searched or not
    std::array<double, 3> loss_weights{};  ///< cross-entropy, focal, QWK
    Metrics
        cross_validated;  ///< QWKs, accuracy and cross-entropy, means over the folds' last epochs
    std::vector<double> fold_scores;  ///< [fold] last epoch
    double standard_error = 0;        ///< of the best score, over its folds; 0 for one fold
    int rivals = 0;                   ///< other trials within one standard error of the best
    std::vector<Edge> edges;
    LearningCurve curve;
    std::vector<BaselineWin> baseline_wins;

    bool bidirectional() const {
        return has_attention(study->base.model) &&
               study->base.attention == AttentionKind::bidirectional;
    }
};

/// `study` must outlive the findings.
Findings findings_of(const Study& study);

/// The weights of the loss's three parts: softmax(ce_logit, focal_logit, 0).
std::array<double, 3> loss_weights(double ce_logit, double focal_logit);

}  // namespace manygpcm
