// Tells the callbacks of a sweep what it comes to: epochs as states worth showing, trials,
// promotions.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <map>

#include "manygpcm/search/sweep.h"
#include "sweep/sweep_forecast.h"

namespace manygpcm::search {

/// What a sweep's parts cost, in a unit of their own.
struct SweepCosts {
    std::function<double(const Point&)> of_fold_epoch;  ///< on the learners of one fold
    double usual = 1;                                   ///< the same, on average over the space
    double refit = 1;                   ///< of an epoch on all learners, by that of a fold's
    std::int64_t scored_responses = 0;  ///< in the end, by the winner and beside it
};

class ProgressTracker {
  public:
    /// @param on_record the study as it was before: epochs trained then took no time now
    /// @param callbacks outlive it
    ProgressTracker(const SweepConfig& config, SweepCosts costs, const Study& on_record,
                    const SweepCallbacks& callbacks);

    /// Whether a callback asked for the sweep's end. Of any thread.
    bool ended() const { return ended_; }

    /// Books an epoch of a fold of a trial.
    void epoch_done(const Trial& trial, int fold, const EpochResult& epoch);
    /// Books that a trial came to something at the rung that ends with so many epochs.
    void judged(const Trial& trial, int epochs) { forecast_.judged(trial.number, epochs); }

    /// A trial has ended.
    void over(const Trial& trial);
    /// A trial goes on to so many epochs.
    void promoted(const Trial& trial, int epochs);

    /// Books how many trials came to anything, how many of them since the best so far, and the best
    /// of those trained fully, if any.
    void tried(int trials, int without_gain, const Trial* best);

    /// Books that the search is over, and that so many epochs of the winner's refit are left.
    void begin_refit(int epochs);
    void refit_epoch_done();
    /// Books that all is trained.
    void begin_scoring();
    /// Books that all is done; where nothing was, nobody hears of it.
    void end();

    double seconds_elapsed() const;

  private:
    double cost_of(const Trial& trial);
    void publish();

    const SweepCallbacks& callbacks_;
    SweepCosts costs_;
    SweepForecast forecast_;
    std::map<int, double> cost_of_trial_;  // by number
    std::atomic<bool> ended_{false};
    SweepProgress state_;
    std::int64_t refit_epochs_ = 0, refit_epochs_done_ = 0;  // left, and done
    double refit_began_ = 0;
    bool told_ = false;
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace manygpcm::search
