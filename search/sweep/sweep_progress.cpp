// The sweep's state after each epoch: how far it is, how good it is so far, how long it will take.
#include "sweep/sweep_progress.h"

#include <cmath>
#include <utility>

#include "sweep/chosen_parts.h"

namespace manygpcm::search {
ProgressTracker::ProgressTracker(const SweepConfig& config, SweepCosts costs,
                                 const Study& on_record, const SweepCallbacks& callbacks)
    : callbacks_(callbacks),
      costs_(std::move(costs)),
      forecast_({.rungs = rungs_of(config),
                 .folds = config.n_folds,
                 .trials = config.trials,
                 .threads = config.threads(),
                 .patience = config.patience,
                 .usual_cost = costs_.usual,
                 .chosen_by_scores = config.own_sampler || points_before_learning(config.sampler),
                 .refit_cost = costs_.refit,
                 .scored_responses = costs_.scored_responses}) {
    for (const Trial& trial : on_record.trials) {
        state_.epochs_done += trial.fold_epochs();
        for (std::size_t fold = 0; fold < trial.folds.size(); ++fold) {
            const std::vector<EpochResult>& epochs = trial.folds[fold];
            if (epochs.empty()) continue;
            double seconds = 0;
            for (const EpochResult& epoch : epochs)
                seconds += epoch.seconds;
            forecast_.trained(trial.number, static_cast<int>(fold), static_cast<int>(epochs.size()),
                              cost_of(trial), seconds);
        }
    }
    state_.epochs_before = state_.epochs_done;
    forecast_.begin_run();
    state_.trials = config.trials;
    refit_epochs_ = config.epochs;
}

double ProgressTracker::cost_of(const Trial& trial) {
    const auto [entry, is_new] = cost_of_trial_.try_emplace(trial.number);
    if (is_new) entry->second = costs_.of_fold_epoch(trial.point);
    return entry->second;
}

void ProgressTracker::tried(const Tried& trials) {
    state_.trials_done = trials.judged;
    forecast_.begun(trials.begun, trials.without_gain);
    if (trials.best_full != nullptr) state_.best_score = trials.best_full->score();
}

void ProgressTracker::begin_training() {
    if (!told_ && forecast_.left(0).seconds_before > 0) publish();
}

void ProgressTracker::begin_refit(int epochs) {
    state_.refitting = true;
    refit_epochs_ = epochs;
    refit_began_ = seconds_elapsed();
    refit_epochs_done_ = 0;
    publish();
}

void ProgressTracker::scoring(const WorkState& state) {
    state_.scoring = true;
    refit_epochs_ = 0;
    scoring_left_ = state.seconds_left;
    publish();
}

void ProgressTracker::end() {
    state_.over = true;
    if (told_) publish();
}

void ProgressTracker::epoch_done(const Trial& trial, int fold, const EpochResult& epoch) {
    ++state_.epochs_done;
    forecast_.trained(trial.number, fold, epoch.epoch, cost_of(trial), epoch.seconds);
    publish();
}

void ProgressTracker::refit_epoch_done() {
    ++state_.epochs_done;
    ++refit_epochs_done_;
    --refit_epochs_;
    publish();
}

void ProgressTracker::publish() {
    const double elapsed = state_.seconds_elapsed = seconds_elapsed();
    state_.epochs = state_.epochs_done + refit_epochs_;
    const SweepForecast::Left left = forecast_.left(elapsed);
    if (state_.over) {
        state_.seconds_left = 0;
    } else if (state_.scoring) {
        state_.seconds_left = scoring_left_;
    } else if (state_.refitting) {
        const double of_epoch = refit_epochs_done_ > 0 ? (elapsed - refit_began_) /
                                                             static_cast<double>(refit_epochs_done_)
                                                       : left.seconds_of_refit_epoch;
        state_.seconds_left =
            of_epoch * static_cast<double>(refit_epochs_) + left.seconds_of_scoring;
    } else {
        state_.epochs += std::llround(left.epochs);
        state_.seconds_left = left.seconds;
    }
    const bool searching = !state_.over && !state_.scoring && !state_.refitting;
    state_.soonest_left = searching ? left.soonest : state_.seconds_left;
    state_.latest_left = searching ? left.latest : state_.seconds_left;
    const double spent = elapsed + left.seconds_before;
    state_.fraction = spent > 0 ? spent / (spent + state_.seconds_left) : 0;
    told_ = true;
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
