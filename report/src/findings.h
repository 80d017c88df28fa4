// Everything that the report says is first a figure here: computed once from a study, then printed
// by the Markdown and written by the JSON.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "comparable_trials.h"
#include "manygpcm/kernels/gpcm_head.h"
#include "manygpcm/report/analysis.h"
#include "manygpcm/search/improvement_left.h"

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
    double loss_since_best = 0, recent_loss = 0;  ///< change of the training loss over the same
    /// Of the two above, over the folds; none for one fold.
    std::optional<double> drop_standard_error, recent_gain_standard_error;

    /// Whether the rise or the fall at the end is larger than its standard error.
    bool beyond_noise() const;
    /// Whether the score fell while the training loss did too: what was learned helps nobody else.
    bool overfits() const { return shape == Shape::falling && loss_since_best < 0; }
};
inline constexpr double level_change = 0.005;  ///< of QWK; a curve that moves less is level

/// The winner and a baseline, scored on the same learners.
struct Comparison {
    enum class Outcome { winner_ahead, tie, baseline_ahead };
    std::string baseline;
    Metrics winner_metrics, baseline_metrics;
    /// By QWK (argmax). A tie is a baseline within the winner's 95% interval (learners held out) or
    /// within one standard error of its score (cross-validation).
    Outcome outcome = Outcome::winner_ahead;

    /// Whether the baseline's probabilities fit the responses better than the winner's.
    bool worse_cross_entropy() const {
        return winner_metrics.cross_entropy > baseline_metrics.cross_entropy;
    }
};

/// Trials that were trained alike.
struct Budget {
    int epochs = 0, folds = 0, trials = 0;
};

inline constexpr double negligible_share = 0.05;

/// The trial's state, but failed for one that is complete without a finite score or loss.
TrialState outcome(const Trial& trial);

struct Findings {
    const Study* study = nullptr;
    std::vector<double> scores;  ///< [trial], NaN where it failed or wasn't trained fully
    int failed = 0, pruned = 0;  ///< trials; the latter got less training, as others did better
    int unfinished = 0;  ///< trials that run or wait, or did when the search was interrupted
    ScoreStatistics statistics;
    Convergence convergence;      ///< over the successful trials
    ComparableTrials comparable;  ///< what importances and correlations are of
    Importances importances;
    std::vector<Correlation> correlations;
    /// Of the weights of the loss's parts (ce, focal, qwk); empty where they weren't searched.
    std::vector<Correlation> loss_correlations;
    std::optional<ImprovementLeft> improvement_left;
    double chance_correlation =
        0;  ///< |r| that chance alone stays below in 95% of cases, 2/sqrt(n)
    double expected_beyond_chance =
        0;  ///< correlations that chance alone takes beyond that: 5%, none beyond 1
    std::vector<Budget> budgets;
    double trial_seconds = 0;
    int skipped_steps = 0, trials_with_skipped_steps = 0;
    int trials_for_importance = 0;  ///< four per parameter: with fewer, importances are unreliable

    // Only where a trial succeeded:
    const Trial* best = nullptr;
    // Of a foreign study these two are unknown.
    Hyperparameters winner;           ///< all its values, searched or not
    kernels::OrdinalLoss loss;        ///< its weights of the loss's three parts
    Metrics cross_validated;          ///< mean_over_folds of the last epochs
    std::vector<double> fold_scores;  ///< [fold] last epoch
    double standard_error = 0;        ///< of the best score, over its folds; 0 for one fold
    int rivals = 0;                   ///< other trials within one standard error of the best
    std::vector<Edge> edges;
    LearningCurve curve;
    std::vector<Comparison> held_out, in_cross_validation;  ///< with each baseline

    /// The comparisons that decide whether the winner is worth using: the search chose the winner
    /// by its cross-validated score, so that one counts only where no learner was held out.
    const std::vector<Comparison>& deciding() const {
        return held_out.empty() ? in_cross_validation : held_out;
    }
    /// Whether no trial has been trained fully, but some may still be.
    bool unfinished_without_winner() const { return best == nullptr && unfinished > 0; }
    int n_comparable() const { return static_cast<int>(comparable.numbers.size()); }
    /// The one of deciding() with the classical GPCM, if it was fitted.
    const Comparison* with_classical() const;
    /// Parameters whose share of the variance, interactions included, is surely below
    /// `negligible_share`; none where there are too few trials to tell.
    std::vector<const Importance*> negligible() const;
    /// True questions with inferred abilities, where deciding() looks; null if unknown.
    const HeldOut* ceiling() const {
        const auto& known = held_out.empty() ? study->ceiling_cv : study->ceiling;
        return known ? &*known : nullptr;
    }
    bool enough_trials() const { return n_comparable() >= trials_for_importance; }
    /// By fANOVA, interactions with one other included; 0 where it isn't known.
    double importance_of(const std::string& parameter) const;
    bool bidirectional() const {
        return has_attention(study->base.model) &&
               study->base.attention == AttentionKind::bidirectional;
    }
};

/// `study` must outlive the findings.
Findings findings_of(const Study& study);

}  // namespace manygpcm
