// What a GPU has no kernel for, though the CPU has.
#pragma once

#include "manygpcm/engine/hyperparameters.h"

namespace manygpcm {

/// @throws InputError for heads wider than kernels::widest_gpu_head
void expect_runs_on_gpu(const Hyperparameters& hyperparameters);

}  // namespace manygpcm
