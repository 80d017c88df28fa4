// Tells the callbacks of a sweep what it comes to: epochs as states worth showing, trials,
// promotions.
#pragma once

#include <atomic>
#include <chrono>

#include "manygpcm/search/sweep.h"

namespace manygpcm::search {

class ProgressTracker {
  public:
    /// @param on_record the study as it was before: epochs trained then took no time now
    /// @param callbacks outlive it
    ProgressTracker(const SweepConfig& config, const Study& on_record,
                    const SweepCallbacks& callbacks);

    /// Whether a callback asked for the sweep's end. Of any thread.
    bool ended() const { return ended_; }

    /// Books an epoch of any replica.
    void epoch_done();

    /// A trial has ended.
    void over(const Trial& trial);
    /// A trial goes on to so many epochs.
    void promoted(const Trial& trial, int epochs);

    /// Books how many trials came to anything, and the best of those trained fully, if any.
    void tried(int trials, const Trial* best);

    /// Books that the search is over, and that so many epochs of the winner's refit are left.
    void begin_refit(int epochs);

    double seconds_elapsed() const;

  private:
    void publish();

    const SweepCallbacks& callbacks_;
    std::atomic<bool> ended_{false};
    SweepProgress state_;
    std::int64_t epochs_before_ = 0;
    std::int64_t epochs_to_come_ = 0;  ///< of the refit, even where the search takes more than its
                                       ///< estimate
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace manygpcm::search
