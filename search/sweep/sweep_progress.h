// Turns epochs as they finish into states of the sweep worth showing.
#pragma once

#include <chrono>
#include <functional>

#include "manygpcm/search/sweep.h"

namespace manygpcm::search {

class ProgressTracker {
  public:
    /// @param on_record the study as it was before: epochs trained then took no time now
    ProgressTracker(const SweepConfig& config, const Study& on_record,
                    std::function<void(const SweepProgress&)> callback);

    /// Books an epoch of any replica.
    void epoch_done();

    /// Books how many trials came to anything, and the best of those trained fully, if any.
    void tried(int trials, const Trial* best);

    /// Books that the search is over, and that so many epochs of the winner's refit are left.
    void begin_refit(int epochs);

    double seconds_elapsed() const;

  private:
    void publish();

    std::function<void(const SweepProgress&)> callback_;
    SweepProgress state_;
    std::int64_t epochs_before_ = 0;
    std::int64_t epochs_to_come_ = 0;  ///< of the refit, even where the search takes more than its
                                       ///< estimate
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace manygpcm::search
