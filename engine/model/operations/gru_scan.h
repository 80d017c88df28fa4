// The recurrence of a GRU over the responses of every learner.
#pragma once

#include "model/operations.h"

namespace manygpcm {

/// The state before each step's response, zeros at first.
/// @param input [rows, 3 width]: the input's part of the gates  @param input_row its row for a step
/// @param hidden the hidden part's weights, [3 width, width] and [3 width]
/// @return [steps, width]
Tensor record_gru_scan(Tape& tape, Tensor input, BatchIndex input_row, int width,
                       const LinearWeights& hidden);

}  // namespace manygpcm
