// attn_gpcm_linear: what is written into the memory is made of an embedding of question and
// response with linear decay around the response, refined by self-attention.
#include "model/layers/refinement.h"
#include "model/models.h"

namespace manygpcm::models {
namespace {

MemoryGates record_answer_gates(Recorder& r, Tensor history) {
    return record_refined_gates(r, r.linear_decay("response_embedding", r.sizes().embed_dim),
                                BatchIndex::pair_row, history);
}

}  // namespace

ModelDefinition attn_gpcm_linear() {
    return attention_model("attn_gpcm_linear",
                           [](Recorder& r) { return record_memory_model(r, record_answer_gates); });
}

}  // namespace manygpcm::models
