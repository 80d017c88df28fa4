#include "model/layers/memory.h"

#include "model/operations/gru_scan.h"

namespace manygpcm {

namespace {

using kernels::Activation;

/// The learner's state beside the memory, which is read at what the question asks for.
Tensor record_ability_state(Recorder& r, const MemoryGates& gates) {
    if (!gates.ability_input) return {};
    const int width = r.sizes().final_fc_dim;
    const LinearMap hidden =
        r.linear_map("ability.hidden", width, 3 * width, InitialValues::xavier_uniform);
    return record_gru_scan(r.tape(), gates.ability_input, gates.row, width, hidden.weights);
}

}  // namespace

MemoryGates record_gates(Recorder& r, const Addend& x, Tensor history, const LinearMap* value) {
    const int width = r.sizes().value_dim;
    const auto gate = [&](const LinearMap& map, const char* name, Activation activation) {
        return linear_with_history(r, value ? r.composed(map, *value) : map, x, name, history,
                                   activation);
    };
    const Addend erase =
        gate(r.linear_map("memory.erase", width, width), "erase", Activation::sigmoid);
    const Addend add = gate(r.linear_map("memory.add", width, width), "add", Activation::tanh);
    MemoryGates gates{erase.tensor, add.tensor, erase.row};
    if (r.sizes().ability_from == AbilityFrom::state)
        gates.ability_input = gate(r.linear_map("ability.input", width, 3 * r.sizes().final_fc_dim,
                                                InitialValues::xavier_uniform),
                                   "ability", Activation::identity)
                                  .tensor;
    return gates;
}

ModelTensors record_memory_model(Recorder& r, MemoryGates (*record)(Recorder&, Tensor history)) {
    const Hyperparameters& h = r.sizes();
    // Per distinct question.
    const Tensor x = r.question_embedding("question_embedding", h.key_dim);
    const Tensor query = r.linear("memory.query", x, h.key_dim, Activation::tanh);
    const Tensor address = record_address_softmax(
        r.tape(), query, h.memory_size,
        r.parameter("memory.key", {h.memory_size, h.key_dim}, InitialValues::kaiming_normal));
    const HeadOfQuestion question = record_head_of_question(r, x, h.value_dim);

    // Per step.
    const HistoryTensors history = record_history(r);
    const MemoryGates gates = record(r, history.input);
    const Tensor read =
        record_memory_scan(r.tape(), address, gates.erase, gates.add, gates.row,
                           r.parameter("memory.initial_value", {h.memory_size, h.value_dim},
                                       InitialValues::kaiming_normal));
    return record_head(r, question, read, record_ability_state(r, gates), history.head);
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
