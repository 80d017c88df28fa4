// Registers a benchmark for every operation at three sizes, on one target.
#pragma once

#include "manygpcm/kernels/checks/timing.h"

namespace manygpcm::bench {

namespace checks = kernels::checks;

/// Counters GFLOP/s and GB/s, and what percentages these are of `rates`.
void register_operations(const checks::Target& target, const checks::MachineRates& rates);

}  // namespace manygpcm::bench
