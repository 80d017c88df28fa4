#include "model/network.h"

#include <string>

namespace manygpcm {
namespace {

using kernels::Activation;

/// What the functions below share while a model is recorded.
struct Recorder {
    Tape& tape;
    const ModelConfig& config;
    ParameterLayout layout{config};

    const Hyperparameters& sizes() const { return config.hyperparameters; }

    /// A parameter, from column `column` on.
    Weight weight(const std::string& name, int column = 0) const {
        return {static_cast<std::ptrdiff_t>(layout.find(name).offset) + column, {}};
    }
    LinearWeights weights(const std::string& name) const {
        return {weight(name + ".weight"), weight(name + ".bias")};
    }
};

/// The value vector's embedding for the attention models: answers, refined by n_cycles of
/// self-attention. Before the first attention an embedding depends only on the response
/// (attn_gpcm_learn) or on question and response, so the first cycle's maps run over those few rows
/// and are gathered by step.
Tensor record_refined_embedding(Recorder& r) {
    const Hyperparameters& h = r.sizes();
    const int width = h.embed_dim, n_categories = r.config.n_categories;
    const bool learned = h.model == ModelKind::attn_gpcm_learn;
    const Tensor answers =
        learned ? record_response_embedding(r.tape, n_categories, width,
                                            r.weight("response_embedding.decay"),
                                            r.weights("response_embedding"))
                : record_linear_decay(
                      r.tape, RowKind::pairs, BatchIndex::pair_question, BatchIndex::pair_response,
                      {r.config.n_questions, n_categories, width}, r.weights("response_embedding"));
    const BatchIndex answer_row = learned ? BatchIndex::response : BatchIndex::pair_row;
    const kernels::AttentionShape attention{width, h.n_heads, h.attention == AttentionKind::causal,
                                            h.dropout_rate, 0};

    Tensor e = answers;
    for (int cycle = 0; cycle < h.n_cycles; ++cycle) {
        const BatchIndex row = cycle == 0 ? answer_row : BatchIndex::none;
        const auto by_step = [&](Tensor x) {
            return cycle == 0 ? record_gather(r.tape, x, row) : x;
        };
        const std::string name = "refine." + std::to_string(cycle) + ".";

        const Tensor qkv = by_step(record_linear(r.tape, e, {width, 3 * width, width},
                                                 r.weights(name + "attention.in_proj")));
        const Tensor attended = record_attention(r.tape, qkv, attention);
        // fusion [e ; out_proj attended]: the part of e is added to the part of attention, whose
        // two maps are one.
        const Tensor from_e = record_linear(r.tape, e, {width, width, 2 * width},
                                            {r.weight(name + "fusion.weight"), {}});
        const LinearWeights from_attended = record_composed_linear(
            r.tape, {width, width, width, 2 * width},
            {r.weight(name + "fusion.weight", width), r.weight(name + "fusion.bias")},
            r.weights(name + "attention.out_proj"));
        const Tensor fused =
            record_linear(r.tape, attended, {width, width, width}, from_attended, {from_e, row});
        const Tensor candidate = record_dropout(
            r.tape, record_layer_norm(r.tape, fused, true, r.weights(name + "fusion_norm")),
            h.dropout_rate);
        const Tensor gate = by_step(record_linear(
            r.tape, e, {width, width, width, Activation::sigmoid}, r.weights(name + "gate")));
        e = record_layer_norm(r.tape, record_gate_mix(r.tape, gate, candidate, by_step(e)), false,
                              r.weights(name + "cycle_norm"));
    }
    return e;
}

struct MemoryGates {
    Tensor erase, add;
    BatchIndex row;  ///< their row for each step
};

MemoryGates record_memory_gates(Recorder& r) {
    const int value_dim = r.sizes().value_dim;
    const LinearWeights erase = r.weights("memory.erase"), add = r.weights("memory.add");
    if (r.sizes().model == ModelKind::deep_gpcm) {
        const Tensor value = record_linear_decay(
            r.tape, RowKind::pairs, BatchIndex::pair_question, BatchIndex::pair_response,
            {r.config.n_questions, r.config.n_categories, value_dim}, r.weights("value"));
        const kernels::LinearShape shape{value_dim, value_dim, value_dim};
        kernels::LinearShape sigmoid = shape, tanh = shape;
        sigmoid.activation = Activation::sigmoid;
        tanh.activation = Activation::tanh;
        return {record_linear(r.tape, value, sigmoid, erase),
                record_linear(r.tape, value, tanh, add), BatchIndex::pair_row};
    }
    // Nothing but a linear map stands between the refined embedding and the gates, so the value
    // vector itself is never computed.
    const int width = r.sizes().embed_dim;
    const Tensor e = record_refined_embedding(r);
    const auto gate = [&](const LinearWeights& outer, Activation activation) {
        const LinearWeights composed = record_composed_linear(
            r.tape, {width, value_dim, value_dim, value_dim}, outer, r.weights("value"));
        return record_linear(r.tape, e, {width, value_dim, width, activation}, composed);
    };
    const Tensor erase_gate = gate(erase, Activation::sigmoid);
    return {erase_gate, gate(add, Activation::tanh), BatchIndex::none};
}

}  // namespace

Network::Network(kernels::Backend& backend, const ModelConfig& config, int replicas,
                 const BatchCapacity& capacity, bool training)
    : n_categories_(config.n_categories),
      tape_(backend, replicas, capacity, config.n_questions, config.n_categories, training) {
    Recorder r{tape_, config};
    const Hyperparameters& h = r.sizes();
    const int key = h.key_dim, value = h.value_dim, features = h.final_fc_dim;

    // Per distinct question.
    const Tensor x =
        record_embedding(tape_, RowKind::questions, BatchIndex::distinct_question,
                         config.n_questions, key, r.weight("question_embedding.weight"));
    const Tensor query =
        record_linear(tape_, x, {key, key, key, Activation::tanh}, r.weights("memory.query"));
    const Tensor address =
        record_address_softmax(tape_, query, h.memory_size, r.weight("memory.key"));
    const Activation link =
        h.threshold_link == ThresholdLink::tanh ? Activation::tanh : Activation::identity;
    threshold_ =
        record_linear(tape_, x, {key, n_categories_ - 1, key, link}, r.weights("threshold"));
    const Tensor summary_x =
        record_linear(tape_, x, {key, features, value + key},
                      {r.weight("summary.weight", value), r.weight("summary.bias")});
    const Tensor discrimination_x = record_linear(
        tape_, x, {key, 1, features + key},
        {r.weight("discrimination.weight", features), r.weight("discrimination.bias")});

    // Per step.
    const MemoryGates gates = record_memory_gates(r);
    const Tensor read = record_memory_scan(tape_, address, gates.erase, gates.add, gates.row,
                                           r.weight("memory.initial_value"));
    const Tensor summary =
        record_linear(tape_, read, {value, features, value + key, Activation::tanh},
                      {r.weight("summary.weight"), {}}, {summary_x, BatchIndex::question_row});
    head_ = record_gpcm_head(tape_, record_dropout(tape_, summary, h.dropout_rate),
                             discrimination_x, threshold_, n_categories_,
                             {r.weight("ability.weight"), r.weight("ability.bias"),
                              r.weight("ability.scale"), r.weight("discrimination.weight")});
    tape_.lay_out();
}

void Network::forward(const Pass& pass) {
    tape_.forward(pass);
}

void Network::write_statistics(const Pass& pass, kernels::PerReplica<double> statistics) {
    tape_.backend().run(kernels::OrdinalStatistics<float>{
        pass.batch.rows(RowKind::steps), n_categories_, pass.losses, logits(),
        pass.batch.index(BatchIndex::response), statistics});
}

void Network::backward(const Pass& pass) {
    tape_.backward(pass);
}

}  // namespace manygpcm
