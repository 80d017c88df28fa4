// Turns epochs as they finish into trials that grow and into states of the sweep worth showing.
#pragma once

#include <chrono>
#include <functional>
#include <vector>

#include "manygpcm/search/sweep.h"

namespace manygpcm {

class ProgressTracker {
  public:
    ProgressTracker(const SweepConfig& config, std::function<void(const SweepProgress&)> callback);

    /// Books an epoch of the cross-validation on the trial it belongs to. `replica` counts trials x
    /// folds.
    void cross_validated(std::vector<Trial>& trials, int replica, const EpochResult& epoch);

    /// Books an epoch of the winner's refit.
    void refitted();

    double seconds_elapsed() const;

  private:
    void publish();

    std::function<void(const SweepProgress&)> callback_;
    SweepProgress state_;
    int folds_, epochs_per_replica_;
    std::vector<int> replicas_done_of_trial_;
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace manygpcm
