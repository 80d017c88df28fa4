// Whether a GPU can run all of a space.
#pragma once

#include <span>

#include "manygpcm/engine/hyperparameters.h"
#include "manygpcm/search/space.h"

namespace manygpcm::search {

/// @throws InputError naming the values of a point that a GPU has no kernel for (gpu_limits.h)
/// @param bases  of the models that are searched
void expect_runs_on_gpu(const Space& space, std::span<const Hyperparameters> bases);

}  // namespace manygpcm::search
