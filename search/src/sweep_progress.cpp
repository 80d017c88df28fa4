// The sweep's state after each epoch: how far it is, how good it is so far, how long it will take.
#include "sweep_progress.h"

#include <algorithm>
#include <utility>

namespace manygpcm {

ProgressTracker::ProgressTracker(const SweepConfig& config,
                                 std::function<void(const SweepProgress&)> callback)
    : callback_(std::move(callback)),
      folds_(config.folds),
      epochs_per_replica_(config.epochs),
      replicas_done_of_trial_(static_cast<std::size_t>(config.trials), 0) {
    state_.trials = config.trials;
    state_.replicas = state_.trials * config.folds;
    state_.epochs = (state_.replicas + 1) * config.epochs;  // the refit is one replica more
}

void ProgressTracker::cross_validated(std::vector<Trial>& trials, int replica,
                                      const EpochResult& epoch) {
    const auto number = static_cast<std::size_t>(replica / folds_);
    Trial& trial = trials[number];
    trial.folds[static_cast<std::size_t>(replica % folds_)].push_back(epoch);
    if (epoch.epoch == epochs_per_replica_) {
        ++state_.replicas_done;
        if (++replicas_done_of_trial_[number] == folds_) {
            ++state_.trials_done;
            if (trial.successful())
                state_.best_score =
                    std::max(state_.best_score.value_or(trial.score()), trial.score());
        }
    }
    publish();
}

void ProgressTracker::refitted() {
    state_.refitting = true;
    publish();
}

double ProgressTracker::seconds_elapsed() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
}

void ProgressTracker::publish() {
    ++state_.epochs_done;
    state_.seconds_elapsed = seconds_elapsed();
    // Replicas cost differently and run side by side, so only the speed over all of them tells.
    state_.seconds_left = state_.seconds_elapsed / static_cast<double>(state_.epochs_done) *
                          static_cast<double>(state_.epochs - state_.epochs_done);
    if (callback_) callback_(state_);
}

}  // namespace manygpcm
