#include "model/layers/memory.h"

namespace manygpcm {

ModelTensors record_memory_model(Recorder& r, MemoryGates (*record_gates)(Recorder&)) {
    const Hyperparameters& h = r.sizes();
    // Per distinct question.
    const Tensor x = r.question_embedding("question_embedding", h.key_dim);
    const Tensor query = r.linear("memory.query", x, h.key_dim, kernels::Activation::tanh);
    const Tensor address = record_address_softmax(
        r.tape(), query, h.memory_size,
        r.parameter("memory.key", {h.memory_size, h.key_dim}, InitialValues::kaiming_normal));
    const HeadOfQuestion question = record_head_of_question(r, x, h.value_dim);

    // Per step.
    const MemoryGates gates = record_gates(r);
    const Tensor read =
        record_memory_scan(r.tape(), address, gates.erase, gates.add, gates.row,
                           r.parameter("memory.initial_value", {h.memory_size, h.value_dim},
                                       InitialValues::kaiming_normal));
    return record_head(r, question, read);
}

std::vector<std::string_view> released_parameter_order() {
    return {"question_embedding",
            "memory.key",
            "memory.initial_value",
            "memory.query",
            "memory.erase",
            "memory.add",
            "summary",
            "ability",
            "threshold",
            "discrimination",
            "value",
            "response_embedding.decay",
            "response_embedding",
            "refine"};
}

}  // namespace manygpcm
