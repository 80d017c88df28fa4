// Attention models: embeddings of the answers, refined by self-attention, and the memory's gates
// that are made of them.
#pragma once

#include "model/layers/memory.h"
#include "model/models.h"

namespace manygpcm {

/// @param answers embeddings of the answers  @param row their row for each step
/// @param history may be absent
MemoryGates record_refined_gates(Recorder& r, Tensor answers, BatchIndex row, Tensor history);

/// What the attention models have in common, beside how they are recorded.
ModelDefinition attention_model(std::string_view name, ModelTensors (*record)(Recorder&));

}  // namespace manygpcm
