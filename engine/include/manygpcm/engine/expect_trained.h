// Whether training came to something.
#pragma once

#include <vector>

#include "manygpcm/engine/training.h"

namespace manygpcm {

/// Nothing is expected of no epochs: what was best before the first.
/// @throws std::runtime_error if the last of the epochs took no step, or what came of it predicts
/// what isn't finite: such weights mean nothing.
void expect_trained(const std::vector<EpochResult>& epochs);

}  // namespace manygpcm
