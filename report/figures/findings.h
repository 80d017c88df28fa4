// The figures that several sections of the report speak of, or that take long: computed once from a
// study, then printed by the Markdown and written by the JSON.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "figures/comparable_trials.h"
#include "figures/item_figures.h"
#include "figures/number_text.h"
#include "figures/parameter_correlations.h"
#include "figures/score_statistics.h"
#include "figures/scoreboard.h"
#include "figures/winner.h"
#include "importance/parameter_importance.h"
#include "manygpcm/engine/models.h"
#include "manygpcm/engine/stop.h"
#include "manygpcm/engine/work.h"
#include "manygpcm/search/improvement_left.h"

namespace manygpcm::report {

/// Trials that were trained alike.
struct Budget {
    int epochs = 0, folds = 0, trials = 0;
};

/// The trial's state, but failed for one that is complete without a finite score or loss.
search::TrialState outcome(const search::Trial& trial);

struct Findings {
    const search::Study* study = nullptr;
    /// [number of a trial] NaN where it failed, wasn't trained fully or isn't among the trials.
    std::vector<double> scores;
    int failed = 0, pruned = 0;  ///< trials; the latter got less training, as others did better
    int unfinished = 0;  ///< trials that run or wait, or did when the search was interrupted
    ScoreStatistics statistics;
    Convergence convergence;      ///< over all trials, in the order asked
    ComparableTrials comparable;  ///< what importances and correlations are of
    int foretelling_trials = 0;   ///< of these, the ones that were trained fully since
    /// How their comparable scores go with their final ones; none where comparable scores are final
    /// ones, or for fewer than four such trials.
    std::optional<Correlation> foretelling;
    /// None of scores before the end of training, which tell what learns fast, unless there are
    /// enough of them.
    Importances importances;
    std::vector<Correlation> correlations;
    /// Of the weights of the loss's parts (ce, focal, qwk); empty where they weren't searched.
    std::vector<Correlation> loss_correlations;
    std::optional<search::ImprovementLeft> improvement_left;
    double chance_correlation = 0;  ///< chance_correlation() of the comparable trials
    double expected_beyond_chance =
        0;  ///< correlations that chance alone takes beyond that: 5%, none beyond 1
    std::vector<Budget> budgets;
    double trial_seconds = 0;
    int skipped_steps = 0, trials_with_skipped_steps = 0;
    int trials_for_importance = 0;  ///< four per parameter: with fewer, importances are unreliable

    std::optional<Winner> winner;    ///< where a trial was trained fully
    std::vector<ItemFigures> items;  ///< item_figures()
    Scoreboard held_out, cross_validation;

    /// Whether the learners held out decide whether the winner is worth using. The search chose it
    /// by its cross-validated score, which decides only where too few are held out.
    bool decided_on_held_out() const { return held_out.winner && held_out.sure; }
    const Scoreboard& deciding() const {
        return decided_on_held_out() ? held_out : cross_validation;
    }
    /// Points that the sampler chose by what it had been told, and those that it drew without; 0
    /// where that isn't known.
    int points_chosen() const { return points_of(search::Origin::scores); }
    int points_by_chance() const { return points_of(search::Origin::chance); }
    int points_of(search::Origin origin) const;
    /// Whether it isn't known what chose the points: of a foreign study, or where the sampler is a
    /// host's own and doesn't say.
    bool origins_unknown() const;
    /// Whether no trial has been trained fully, but some may still be.
    bool unfinished_without_winner() const { return !winner && unfinished > 0; }
    /// What a trial is called that counts: Optuna's needn't have trained anything.
    const char* fully() const { return study->foreign ? "complete" : "trained fully"; }
    /// A score, or a difference of scores, as text.
    std::string score_text(double score) const { return report::score_text(study->foreign, score); }
    /// Whether trials had to be compared before the end of their training.
    bool compared_early() const;
    /// The same by the settings, whether or not there is a winner.
    bool judged_early() const;
    int n_comparable() const { return static_cast<int>(comparable.positions.size()); }
    bool enough_trials() const { return n_comparable() >= trials_for_importance; }
    /// Whether some trial got less training than the settings say.
    bool some_trained_less() const;
    /// By fANOVA, interactions with one other included; NaN where it isn't known.
    double total_importance(const std::string& parameter) const;
    bool bidirectional() const;
};

/// `study` must outlive the findings. @param observer  may be empty
/// @throws Interrupted where `stop` is set
Findings findings_of(const search::Study& study, StopFlag stop = nullptr,
                     const WorkObserver& observer = {});

}  // namespace manygpcm::report
