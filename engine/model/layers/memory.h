// The models with a memory of key-value slots (docs/model.md); they differ in what is written.
#pragma once

#include <string_view>
#include <vector>

#include "model/layers/head.h"
#include "model/layers/history.h"

namespace manygpcm {

struct MemoryGates {
    Tensor erase, add;
    BatchIndex row;  ///< their row for each step
    /// Rows as theirs: the input of a GRU of width `final_fc_dim`, the learner's state that ability
    /// is read from; absent unless ability_from=state.
    Tensor ability_input = {};
};

/// The gates of the memory from each step's value vector and, where there is one, the history.
/// @param x one row a step by its row numbers: the value vector, or what `value` makes it of
/// @param value a linear map, which is never computed by itself; null: none
MemoryGates record_gates(Recorder& r, const Addend& x, Tensor history,
                         const LinearMap* value = nullptr);

/// A model whose memory gets what `record` makes of responses and of the history.
ModelTensors record_memory_model(Recorder& r, MemoryGates (*record)(Recorder&, Tensor history));

/// How parameters lay when the first models were released: initial values and gradient norms
/// depend on it.
std::vector<std::string_view> released_parameter_order();

}  // namespace manygpcm
