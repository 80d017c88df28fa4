// What a learner has done with the question that is asked.
#pragma once

#include "model/operations.h"

namespace manygpcm {

/// @return [steps, kernels::history_width] before the step's response; without a gradient
Tensor record_response_history(Tape& tape, int n_categories);

}  // namespace manygpcm
