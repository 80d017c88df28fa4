// Whether a GPU can run all of a space.
#pragma once

#include "manygpcm/engine/hyperparameters.h"
#include "manygpcm/search/space.h"

namespace manygpcm::search {

/// @throws InputError naming the values of a point that a GPU has no kernel for (gpu_limits.h)
void expect_runs_on_gpu(const Space& space, const Hyperparameters& base);

}  // namespace manygpcm::search
