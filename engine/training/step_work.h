// What an optimizer step has to do, counted and not done.
#pragma once

#include <vector>

#include "manygpcm/engine/dataset.h"
#include "manygpcm/engine/hyperparameters.h"
#include "manygpcm/kernels/work_counter.h"

namespace manygpcm {

/// Of a cohort of as many replicas as there are batches, by operation.
/// @param batches numbers of learners, one or more in each
std::vector<kernels::WorkCounter::Entry> step_work(const LearnerSet& learners,
                                                   const Hyperparameters& hyperparameters,
                                                   const std::vector<std::vector<int>>& batches);

}  // namespace manygpcm
