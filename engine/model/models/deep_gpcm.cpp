// deep_gpcm: what is written into the memory depends on question and response alone, with linear
// decay around the response.
#include "model/deep_space.h"
#include "model/layers/memory.h"
#include "model/models.h"

namespace manygpcm::models {
namespace {

MemoryGates record_pair_gates(Recorder& r, Tensor history) {
    return record_gates(r, {r.linear_decay("value", r.sizes().value_dim), BatchIndex::pair_row},
                        history);
}

}  // namespace

ModelDefinition deep_gpcm() {
    return {.name = "deep_gpcm",
            .uses = {"threshold_link", "ability_from", "ordered_thresholds", "history",
                     "memory_size", "final_fc_dim", "dropout_rate", "key_dim", "value_dim"},
            .constraints = {},
            .searched = {"memory_size", "final_fc_dim", "dropout_rate", "key_dim", "value_dim",
                         "batch_size", "lr", "weight_decay", "grad_clip"},
            .record = [](Recorder& r) { return record_memory_model(r, record_pair_gates); },
            .space = deep_space({{.name = "memory_size", .choices = {1, 20, 50}}}),
            .parameter_order = released_parameter_order(),
            .released_constraints = {{"n_heads", "embed_dim"}}};
}

}  // namespace manygpcm::models
