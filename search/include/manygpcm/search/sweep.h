// Runs a study: asks points, trains every trial on every fold, refits the winner and scores it once
// on test.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "manygpcm/engine/dataset.h"
#include "manygpcm/engine/model.h"
#include "manygpcm/search/study.h"

namespace manygpcm {

struct SweepConfig {
    Hyperparameters base;  ///< the model and every value that isn't searched
    int trials = 50, folds = 5, epochs = 15;
    int jobs = 0;  ///< threads; 0: as many as the machine has cores
    std::uint64_t seed = 42;
    std::string sampler = "random";
    std::optional<Space> space;  ///< none: builtin_space()
    bool cv_on_all =
        false;  ///< cross-validate on train and test learners together; no held-out score then
};

/// A state of the sweep worth showing, after each epoch of any replica.
struct SweepProgress {
    std::int64_t trials_done = 0, trials = 0;
    std::int64_t replicas_done = 0, replicas = 0;  ///< trials x folds
    std::int64_t epochs_done = 0, epochs = 0;      ///< over all replicas, the refit included
    std::optional<double> best_score;              ///< of the finished trials
    double seconds_elapsed = 0, seconds_left = 0;
    bool refitting = false;
    const Study* study = nullptr;  ///< as far as it is, during the call only
};

struct SweepResult {
    Study study;
    std::optional<Model>
        best;  ///< the winner, refitted on all training learners; none if no trial succeeded
};

/// @throws InputError for counts below one, more folds than learners, an unknown sampler.
SweepResult run_sweep(const Dataset& dataset, const SweepConfig& config,
                      const std::function<void(const SweepProgress&)>& progress = {});

}  // namespace manygpcm
