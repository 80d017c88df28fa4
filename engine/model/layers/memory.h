// The models with a memory of key-value slots (docs/model.md); they differ in what is written.
#pragma once

#include <string_view>
#include <vector>

#include "model/layers/head.h"

namespace manygpcm {

struct MemoryGates {
    Tensor erase, add;
    BatchIndex row;  ///< their row for each step
    /// Rows as theirs: the input of a GRU of width `final_fc_dim`, the learner's state that ability
    /// is read from; absent unless ability_from=state.
    Tensor ability_input = {};
};

/// Width of ability_input, and what it is recorded with; none unless ability_from=state.
bool has_ability_state(const Recorder& r);
LinearMap ability_input_map(Recorder& r, int width);

/// A model whose memory gets what `record_gates` says.
ModelTensors record_memory_model(Recorder& r, MemoryGates (*record_gates)(Recorder&));

/// How parameters lay when the first models were released: initial values and gradient norms
/// depend on it.
std::vector<std::string_view> released_parameter_order();

}  // namespace manygpcm
