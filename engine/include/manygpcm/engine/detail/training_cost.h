// What training costs before anything was trained.
#pragma once

#include <utility>
#include <vector>

#include "manygpcm/engine/dataset.h"
#include "manygpcm/engine/hyperparameters.h"

namespace manygpcm {

/// Of an epoch on all learners on a CPU, in seconds of some machine: only the ratios of costs mean
/// anything. It is counted from what a batch has to do, in about a millisecond.
double epoch_cost(const LearnerSet& learners, const Hyperparameters& hyperparameters);

/// The same of many hyperparameters, counted once for those that cost the same. Of one thread at a
/// time.
class EpochCosts {
  public:
    /// @param learners outlive it
    explicit EpochCosts(const LearnerSet& learners) : learners_(learners) {}

    double of(const Hyperparameters& hyperparameters);

  private:
    LearnerSet learners_;
    std::vector<std::pair<Hyperparameters, double>> known_;
};

}  // namespace manygpcm
