#include "model/layers/memory.h"

#include "model/operations/gru_scan.h"

namespace manygpcm {

bool has_ability_state(const Recorder& r) {
    return r.sizes().ability_from == AbilityFrom::state;
}

LinearMap ability_input_map(Recorder& r, int width) {
    return r.linear_map("ability.input", width, 3 * r.sizes().final_fc_dim,
                        InitialValues::xavier_uniform);
}

namespace {

/// The learner's state beside the memory, which is read at what the question asks for.
Tensor record_ability_state(Recorder& r, const MemoryGates& gates) {
    if (!gates.ability_input) return {};
    const int width = r.sizes().final_fc_dim;
    const LinearMap hidden =
        r.linear_map("ability.hidden", width, 3 * width, InitialValues::xavier_uniform);
    return record_gru_scan(r.tape(), gates.ability_input, gates.row, width, hidden.weights);
}

}  // namespace

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
    return record_head(r, question, read, record_ability_state(r, gates));
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
