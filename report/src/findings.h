// Everything that the report says is first a figure here: computed once from a study, then printed
// by the Markdown and written by the JSON.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "comparable_trials.h"
#include "comparison.h"
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
    std::optional<Interval> drop_interval, recent_gain_interval;  ///< fold_interval() of the two

    /// Whether the folds agree on the rise or the fall at the end.
    bool beyond_noise() const;
    /// Whether the score fell while the training loss did too: what was learned helps nobody else.
    bool overfits() const { return shape == Shape::falling && loss_since_best < 0; }
};
inline constexpr double level_change = 0.005;  ///< of QWK; a curve that moves less is level

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
    Convergence convergence;      ///< over all trials, in the order asked
    ComparableTrials comparable;  ///< what importances and correlations are of
    int foretelling_trials = 0;   ///< of these, the ones that were trained fully since
    /// How their comparable scores go with their final ones; none where comparable scores are final
    /// ones, or for fewer than four such trials.
    std::optional<Correlation> foretelling;
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
    int rivals = 0;                   ///< other full trials that the folds can't tell from the best
    std::vector<Edge> edges;
    LearningCurve curve;
    double median_gain = 0;  ///< what the median category has above the most probable, in QWK, ..
    std::optional<Interval> median_gain_interval;           ///< .. and its fold_interval()
    std::vector<Comparison> held_out, in_cross_validation;  ///< with each baseline

    /// The comparisons that decide whether the winner is worth using: the search chose the winner
    /// by its cross-validated score, so that one counts only where no learner was held out.
    const std::vector<Comparison>& deciding() const {
        return held_out.empty() ? in_cross_validation : held_out;
    }
    /// Whether no trial has been trained fully, but some may still be.
    bool unfinished_without_winner() const { return best == nullptr && unfinished > 0; }
    bool enough_to_converge() const {
        return statistics.total_trials > convergence_window && statistics.successful_trials > 1;
    }
    /// What a trial is called that counts: Optuna's needn't have trained anything.
    const char* fully() const { return study->foreign ? "complete" : "trained fully"; }
    bool drawn_at_random() const { return study->sampler == "random" || study->sampler == "sobol"; }
    /// Whether trials had to be compared before the end of their training.
    bool compared_early() const;
    int n_comparable() const { return static_cast<int>(comparable.numbers.size()); }
    /// The one of deciding() with the classical GPCM, if it was fitted.
    const Comparison* with_classical() const;
    /// Parameters whose share of the variance, interactions included, is surely below
    /// `negligible_share`, and which tell the best trials from the others less than half as well as
    /// parameters do on average (PED-ANOVA); none where there are too few trials to tell.
    std::vector<const Importance*> negligible() const;
    /// True questions with inferred abilities, where deciding() looks; null if unknown.
    const ScoredPredictor* ceiling() const {
        const auto& known = held_out.empty() ? study->ceiling_cv : study->ceiling;
        return known ? &*known : nullptr;
    }
    bool enough_trials() const { return n_comparable() >= trials_for_importance; }
    /// By fANOVA, interactions with one other included; 0 where it isn't known.
    double total_importance(const std::string& parameter) const;
    bool bidirectional() const {
        return has_attention(study->base.model) &&
               study->base.attention == AttentionKind::bidirectional;
    }
};

/// `study` must outlive the findings.
Findings findings_of(const Study& study);

// What markdown_report() and analyse() make of a study, of findings that are there already.
std::string markdown_report(const Findings& findings, const std::string& generated,
                            const std::vector<std::string>& visualizations);
nlohmann::json analyse(const Findings& findings);

}  // namespace manygpcm
