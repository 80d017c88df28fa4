// attn_gpcm_learn: what is written into the memory is made of a learned embedding of the responses,
// refined by self-attention.
#include "model/layers/refinement.h"
#include "model/models.h"

namespace manygpcm::models {
namespace {

MemoryGates record_response_gates(Recorder& r, Tensor history) {
    return record_refined_gates(r, r.response_embedding("response_embedding", r.sizes().embed_dim),
                                BatchIndex::response, history);
}

}  // namespace

ModelDefinition attn_gpcm_learn() {
    return attention_model("attn_gpcm_learn", [](Recorder& r) {
        return record_memory_model(r, record_response_gates);
    });
}

}  // namespace manygpcm::models
