// The sweep's state after each epoch: how far it is, how good it is so far, how long it will take.
#include "sweep/sweep_progress.h"

#include <algorithm>
#include <cmath>

#include "manygpcm/search/scheduler.h"
#include "sweep/chosen_parts.h"

namespace manygpcm::search {
namespace {

/// Epochs a fold of a trial takes on average, where every rung promotes its share and no race stops
/// anybody.
double epochs_per_fold(const SweepConfig& config) {
    double epochs = 0, share = 1;
    int before = 0;
    for (const int rung : rungs_of(config)) {
        epochs += share * (rung - before);
        before = rung;
        share /= Scheduler::reduction;
    }
    return epochs;
}

}  // namespace

ProgressTracker::ProgressTracker(const SweepConfig& config, const Study& on_record,
                                 const SweepCallbacks& callbacks)
    : callbacks_(callbacks) {
    for (const Trial& trial : on_record.trials)
        for (const auto& fold : trial.folds)
            epochs_before_ += static_cast<std::int64_t>(fold.size());
    state_.epochs_done = epochs_before_;
    state_.trials = config.trials;
    epochs_to_come_ = config.epochs;  // the refit is one replica more
    state_.epochs =
        std::llround(epochs_per_fold(config) * config.n_folds * config.trials) + epochs_to_come_;
}

void ProgressTracker::tried(int trials, const Trial* best) {
    state_.trials_done = trials;
    if (best != nullptr) state_.best_score = best->score();
}

void ProgressTracker::begin_refit(int epochs) {
    state_.refitting = true;
    epochs_to_come_ = 0;
    state_.epochs = state_.epochs_done + epochs;
    publish();
}

void ProgressTracker::epoch_done() {
    ++state_.epochs_done;
    state_.epochs = std::max(state_.epochs, state_.epochs_done + epochs_to_come_);
    publish();
}

void ProgressTracker::publish() {
    state_.seconds_elapsed = seconds_elapsed();
    // Replicas cost differently and run side by side, so only the speed over all of them tells.
    const std::int64_t epochs = std::max<std::int64_t>(1, state_.epochs_done - epochs_before_);
    state_.seconds_left = state_.seconds_elapsed / static_cast<double>(epochs) *
                          static_cast<double>(state_.epochs - state_.epochs_done);
    if (callbacks_.epoch && !callbacks_.epoch(state_)) ended_ = true;
}

void ProgressTracker::over(const Trial& trial) {
    if (callbacks_.trial && !callbacks_.trial(trial)) ended_ = true;
}

void ProgressTracker::promoted(const Trial& trial, int epochs) {
    if (callbacks_.promotion && !callbacks_.promotion(trial, epochs)) ended_ = true;
}

double ProgressTracker::seconds_elapsed() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
}

}  // namespace manygpcm::search
