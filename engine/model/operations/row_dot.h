// A read-out of a state with weights of the step's question.
#pragma once

#include "model/operations.h"

namespace manygpcm {

/// @param x [steps, width]  @param table [table rows, width]  @param row its row for a step
/// @return [steps]
Tensor record_row_dot(Tape& tape, Tensor x, Tensor table, BatchIndex row);

}  // namespace manygpcm
