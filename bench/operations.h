// Registers a benchmark for every operation at three sizes, on one target.
#pragma once

#include "manygpcm/measure/operations.h"

namespace manygpcm::bench {

/// Counters GFLOP/s and GB/s, and what percentages these are of `rates`.
void register_operations(const measure::Target& target, const measure::MachineRates& rates);

}  // namespace manygpcm::bench
