// Everything known of a sweep: the trials, their folds' scores by epoch, the refitted winner.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "manygpcm/engine/calibration.h"
#include "manygpcm/engine/metrics.h"
#include "manygpcm/engine/training.h"
#include "manygpcm/search/portrait.h"
#include "manygpcm/search/psychometrics.h"
#include "manygpcm/search/settings.h"

namespace manygpcm::search {

/// As Optuna numbers them. complete: all folds and epochs of the sweep; pruned: fewer, as others
/// did better; waiting: enqueued, by Optuna alone.
enum class TrialState { running, complete, pruned, failed, waiting };

struct Trial {
    int number = 0;  ///< 0-based, in the order asked
    TrialState state = TrialState::complete;
    Point point;
    std::optional<Origin> origin = {};  ///< of the point; none in what earlier versions began
    std::vector<std::vector<EpochResult>> folds;  ///< [fold][epoch]
    /// Of a foreign study: what Optuna recorded as the trial's value, NaN where that can't be
    /// computed with, and how long the trial took. What it reported meanwhile is its only fold.
    std::optional<double> value = {};
    double duration = 0;
    /// When it was begun and ended, as the journal has it: seconds of the clock on the wall where
    /// it was searched, since 1970. None where that isn't on record, or not yet.
    std::optional<double> began = {}, ended = {};
    /// [fold] Why the fold can't be trained further than its epochs; empty where it can. May be
    /// shorter than `folds`.
    std::vector<std::string> fold_failures = {};
    std::string failure = {};  ///< why the trial failed, where that is on record
    /// What its scores are: the study's objective. A foreign study's are kept as the first metric.
    const Metric* objective = &metric_table().front();

    /// By the objective, of the learners left out.
    double score_of(const EpochResult& epoch) const { return epoch.validation[*objective]; }
    int epochs() const;  ///< that every fold has: where the trial is scored; 0: some fold has none
    int folds_trained() const;   ///< for an epoch or more
    int epochs_trained() const;  ///< of the fold that has most
    int fold_epochs() const;     ///< of all folds together
    double score() const;        ///< mean over folds of score_of() after epochs(), or the value
    double cv_std()
        const;  ///< sample standard deviation of the folds' scores there; 0 for one fold
    /// [fold] The validation metrics after the last epoch that each fold has; folds with none are
    /// left out.
    std::vector<Metrics> last_epochs() const;
    double seconds() const;  ///< sum over folds and epochs, or the duration
    int skipped_steps() const;
    /// Why it failed, by its folds: one that can't be trained, one without a loss or a score. Folds
    /// are numbered from 1, as for a person.
    std::string why_failed() const;
    /// Whether every fold has a finite score and loss (no step taken: NaN) after epochs(), or the
    /// value is finite.
    bool successful() const;
    bool unfinished() const { return state == TrialState::running || state == TrialState::waiting; }
    bool full() const { return state == TrialState::complete && successful(); }
};

/// Learners held out below which nothing is sure of them: a bootstrap of few finds little to vary.
inline constexpr int fewest_held_out = 10;

/// A predictor scored on the held-out learners, or in cross-validation. Intervals are of 95%; on
/// fewer than `fewest_held_out` learners there are none.
struct ScoredPredictor {
    std::string name;
    Metrics metrics;
    Intervals intervals = {};                      ///< none in cross-validation
    std::vector<CalibrationBin> calibration = {};  ///< none in cross-validation
    /// What the winner's metrics are above these, on the same learners (engine/bootstrap.h) or
    /// folds (fold_interval); none where there is no winner, or for the winner itself.
    Intervals winner_differences = {};
    // Of the refitted winner, where it was scored by a version that knows them:
    std::optional<Metrics> without_first = {};  ///< without each learner's first response
    std::optional<double> qwk_fitted = {};      ///< QWK of its cut points (engine/cut_points.h)
};

/// What the winner and the classical GPCM score on a part of the responses: by the objective and
/// every metric of short tables, by name.
struct ScoredPart {
    using Values = std::map<std::string, double, std::less<>>;
    std::string skill = {};   ///< its name; empty of a part by position
    int first = 0, last = 0;  ///< positions in a learner's sequence, from 1; 0 of a skill
    std::int64_t responses = 0;
    Values winner = {}, classical = {};
};

/// The name of the baseline that psychometrics would use.
inline constexpr const char* classical_name = "classical GPCM";
/// Of the parameters that made simulated data.
inline constexpr const char* ceiling_name = "true parameters";
inline constexpr const char* folds_average_name = "average of folds";
inline constexpr const char* logistic_name = "logistic regression";

/// Means of all scalar metrics and of the categories' scores over folds; steps, confusions and the
/// categories' responses are summed. Empty for no fold.
Metrics mean_over_folds(std::span<const Metrics> folds);

/// Of a foreign study, `objective` is what Optuna calls the value, or "value".
struct Study : Settings {
    bool minimize = false;  ///< the lower the score, the better
    /// Written by Optuna: trials have values, and points that may lack parameters or lie outside of
    /// the space. Models, learners and metrics aren't known.
    bool foreign = false;
    std::vector<std::string> left_out = {};  ///< of a foreign study, and why: a sentence each
    std::string dataset;
    std::string dataset_fingerprint;  ///< fingerprint() of it; empty where it isn't known
    int n_questions = 0, n_categories = 0;
    int n_learners = 0;  ///< learners cross-validated on
    int n_test_learners = 0;
    int jobs = 0;
    std::vector<Trial> trials;
    /// Numbers of the trials that the search has begun, in its order. Others, which Optuna made, it
    /// passes over: their points may lack parameters.
    std::vector<int> begun = {};
    double wall_seconds = 0;
    int trials_asked = 0;  ///< of a search that has ended: more than there are if patience ended it
    std::optional<ScoredPredictor>
        winner;  ///< the refitted winner on the test learners; none without test learners
    /// The mean of the distributions that the winner's fold models predict, on the same test
    /// learners; none unless these models were kept.
    std::optional<ScoredPredictor> folds_average;
    std::vector<ScoredPredictor> baselines;  ///< on the same test learners
    std::vector<ScoredPredictor>
        baselines_cv;  ///< mean_over_folds of the sweep's own folds, as a trial
    /// The parameters that made the data, with abilities inferred from the past, scored like the
    /// baselines; none where the truth isn't known.
    std::optional<ScoredPredictor> ceiling, ceiling_cv;
    /// By skill, the largest first, and by position in the sequence: of the learners held out;
    /// where none is, of the folds' validation learners, if the winner's fold models were kept.
    std::vector<ScoredPart> by_skill, by_position;
    std::optional<Portrait> portrait;  ///< of the refitted winner
    /// Of the refitted winner; none in what earlier versions recorded.
    std::optional<Psychometrics> psychometrics = {};

    /// Whether the winner was compared with the baselines: not while the search goes on, nor by
    /// earlier versions.
    bool compared() const {
        return !baselines_cv.empty() && !baselines_cv.front().winner_differences.empty();
    }
    const Trial* best() const;  ///< best score of the full; earliest among equals; null if none
    /// Of a study of ours. @throws std::out_of_range where there is no such metric
    const Metric& metric() const;
    /// Makes it the objective of the study and its trials.
    void score_by(const Metric& metric);
    /// Whether only the scores themselves tell what is a small difference of two.
    bool relative_scale() const { return foreign || !metric().bounded(); }
    bool better(double score, double than) const { return minimize ? score < than : score > than; }
    /// How many trials have been given a number, those included that `trials` leaves out.
    int numbered() const { return trials.empty() ? 0 : trials.back().number + 1; }
};

}  // namespace manygpcm::search
