// What training costs before anything was trained.
#pragma once

#include "manygpcm/engine/dataset.h"
#include "manygpcm/engine/hyperparameters.h"

namespace manygpcm {

/// Of an epoch on all learners on a CPU, in seconds of some machine: only the ratios of costs mean
/// anything. It is counted from what a batch has to do, in about a millisecond.
double epoch_cost(const LearnerSet& learners, const Hyperparameters& hyperparameters);

}  // namespace manygpcm
