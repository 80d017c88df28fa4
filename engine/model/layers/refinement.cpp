#include "model/layers/refinement.h"

#include <string>

#include "model/deep_space.h"

namespace manygpcm {
namespace {

using kernels::Activation;

/// A step's count costs as much a category as attention does a key; learners have some 150.
constexpr int most_counted_categories = 16;

/// Answers, refined by n_cycles of self-attention. Before the first attention an embedding depends
/// only on the response (attn_gpcm_learn) or on question and response, so the first cycle's maps
/// run over those few rows and are gathered by step; where they are the responses', attention
/// itself counts instead.
Tensor record_refinement(Recorder& r, Tensor answers, BatchIndex answer_row) {
    const Hyperparameters& h = r.sizes();
    const int width = h.embed_dim;
    const kernels::AttentionShape attention{width, h.n_heads, h.attention == AttentionKind::causal,
                                            h.dropout_rate, 0};
    Tensor e = answers;
    for (int cycle = 0; cycle < h.n_cycles; ++cycle) {
        const BatchIndex row = cycle == 0 ? answer_row : BatchIndex::none;
        const auto by_step = [&](Tensor x) {
            return cycle == 0 ? record_gather(r.tape(), x, row) : x;
        };
        const std::string name = "refine." + std::to_string(cycle) + ".";

        const LinearMap in_proj = r.linear_map(name + "attention.in_proj", width, 3 * width,
                                               InitialValues::xavier_uniform);
        const Tensor qkv = r.linear(in_proj, e);
        const bool counted =
            row == BatchIndex::response && r.n_categories() <= most_counted_categories;
        const Tensor attended = counted ? record_response_attention(r.tape(), qkv, attention)
                                        : record_attention(r.tape(), by_step(qkv), attention);
        const LinearMap out_proj = r.linear_map(name + "attention.out_proj", width, width);
        // fusion [e ; out_proj attended]: the part of e is added to the part of attention, whose
        // two maps are one.
        const auto [fusion_of_e, fusion_of_attention] =
            r.split_linear_map(name + "fusion", {width, width}, width);
        const Tensor from_e = r.linear(fusion_of_e, e);
        const Tensor fused = r.linear(r.composed(fusion_of_attention, out_proj), attended,
                                      Activation::identity, {from_e, row});
        const Tensor candidate = r.dropout(r.layer_norm(name + "fusion_norm", fused, true));
        const Tensor gate = by_step(r.linear(name + "gate", e, width, Activation::sigmoid));
        e = r.layer_norm(name + "cycle_norm",
                         record_gate_mix(r.tape(), gate, candidate, by_step(e)), false);
    }
    return e;
}

}  // namespace

MemoryGates record_refined_gates(Recorder& r, Tensor answers, BatchIndex row, Tensor history) {
    const Tensor e = record_refinement(r, answers, row);
    // Nothing but a linear map stands between the refined embedding and the gates, so the value
    // vector itself is never computed.
    const LinearMap value = r.linear_map("value", r.tape().width(e), r.sizes().value_dim);
    return record_gates(r, {e, BatchIndex::none}, history, &value);
}

ModelDefinition attention_model(std::string_view name, ModelTensors (*record)(Recorder&)) {
    return {.name = name,
            .uses = {"attention", "threshold_link", "ability_from", "ordered_thresholds", "history",
                     "memory_size", "final_fc_dim", "dropout_rate", "embed_dim", "n_heads",
                     "n_cycles", "key_dim", "value_dim"},
            .constraints = {{"n_heads", "embed_dim"}},
            .searched = {"memory_size", "final_fc_dim", "dropout_rate", "embed_dim", "n_heads",
                         "n_cycles", "key_dim", "value_dim", "batch_size", "lr", "weight_decay",
                         "grad_clip", "label_smoothing", "ce_weight_logit", "focal_weight_logit"},
            .record = record,
            .space = deep_space({{.name = "memory_size", .choices = {1, 20, 50}},
                                 {.name = "embed_dim", .choices = {32, 64}},
                                 {.name = "n_heads", .choices = {2, 4}},
                                 {.name = "n_cycles", .choices = {1, 2}}}),
            .parameter_order = released_parameter_order()};
}

}  // namespace manygpcm
