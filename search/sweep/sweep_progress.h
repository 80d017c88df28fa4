// Tells the callbacks of a sweep what it comes to: epochs as states worth showing, trials,
// promotions.
#pragma once

#include <atomic>
#include <chrono>
#include <map>

#include "manygpcm/engine/work.h"
#include "manygpcm/search/sweep.h"
#include "sweep/sweep_costs.h"
#include "sweep/sweep_forecast.h"

namespace manygpcm::search {

class ProgressTracker {
  public:
    /// @param on_record the study as it was before: epochs trained then took no time now
    /// @param callbacks outlive it
    ProgressTracker(const SweepConfig& config, SweepCosts costs, const Study& on_record,
                    const SweepCallbacks& callbacks);

    /// Whether a callback asked for the sweep's end. Of any thread.
    bool ended() const { return ended_; }

    /// There is something to train: of a search that goes on it is told where that stands, before
    /// its first epoch is over.
    void begin_training();
    /// Books an epoch of a fold of a trial.
    void epoch_done(const Trial& trial, int fold, const EpochResult& epoch);
    /// Books that a trial came to something at the rung that ends with so many epochs.
    void judged(const Trial& trial, int epochs) { forecast_.judged(trial.number, epochs); }

    /// A trial has ended.
    void over(const Trial& trial);
    /// A trial goes on to so many epochs.
    void promoted(const Trial& trial, int epochs);

    struct Tried {
        int begun = 0, judged = 0;         ///< trials; those that came to anything
        int without_gain = 0;              ///< of the latter, since the best so far
        const Trial* best_full = nullptr;  ///< of those trained fully; null: there is none
    };
    void tried(const Tried& trials);

    /// Books that the search is over, and that so many epochs of the winner's refit are left.
    void begin_refit(int epochs);
    void refit_epoch_done();
    /// Books that all is trained, and how far the scores are.
    void scoring(const WorkState& state);
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
    double scoring_left_ = 0;  // seconds
    bool told_ = false;
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace manygpcm::search
