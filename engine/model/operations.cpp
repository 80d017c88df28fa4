#include "model/operations.h"

namespace manygpcm {
namespace {

using kernels::PerReplica;

PerReplica<const float> value(Tape& tape, const Pass& pass, const Weight& weight) {
    if (weight.computed) return tape.value(weight.computed);
    if (weight.offset < 0) return {};
    return {pass.parameters.data + weight.offset, pass.parameters.stride};
}

PerReplica<float> gradient(Tape& tape, const Pass& pass, const Weight& weight) {
    if (weight.computed) return tape.gradient(weight.computed);
    if (weight.offset < 0) return {};
    return {pass.gradients.data + weight.offset, pass.gradients.stride};
}

/// Kernels add to weights' gradients. Those of parameters are zeroed by the trainer, those of
/// computed weights here.
void zero_computed_gradient(Tape& tape, const Pass& pass, const Weight& weight, std::size_t size) {
    if (weight.computed)
        tape.backend().zero(pass.batch.replicas(), size, tape.gradient(weight.computed));
}

kernels::Rows rows(Tape& tape, const Pass& pass, Tensor tensor) {
    return pass.batch.rows(tape.row_kind(tensor));
}

}  // namespace

Tensor record_embedding(Tape& tape, RowKind kind, BatchIndex index, int table_rows, int width,
                        Weight table) {
    const Tensor y = tape.add_tensor(kind, width);
    tape.record({[=](Tape& t, const Pass& p) {
                     t.backend().embedding_forward(p.batch.rows(kind), width, value(t, p, table),
                                                   p.batch.index(index), t.value(y));
                 },
                 [=](Tape& t, const Pass& p) {
                     t.backend().embedding_backward(p.batch.rows(kind), table_rows, width,
                                                    p.batch.index(index), t.gradient(y),
                                                    gradient(t, p, table));
                 }});
    return y;
}

Tensor record_linear(Tape& tape, Tensor x_tensor, const kernels::LinearShape& shape,
                     const LinearWeights& weights, const Addend& addend) {
    const Operand x = tape.read(x_tensor);
    const Operand added = addend.tensor ? tape.read(addend.tensor) : Operand{};
    if (weights.weight.computed) tape.read_alone(weights.weight.computed);
    if (weights.bias.computed) tape.read_alone(weights.bias.computed);
    const Tensor y = tape.add_tensor(tape.row_kind(x_tensor), shape.out);
    const auto input = [=](Tape& t, const Pass& p) {
        return kernels::LinearInput<float>{t.value(x.tensor), value(t, p, weights.weight),
                                           value(t, p, weights.bias), t.value(added.tensor),
                                           p.batch.index(addend.row)};
    };
    tape.record({[=](Tape& t, const Pass& p) {
                     t.backend().linear_forward(rows(t, p, y), shape, input(t, p), t.value(y));
                 },
                 [=](Tape& t, const Pass& p) {
                     zero_computed_gradient(t, p, weights.weight,
                                            std::size_t(shape.out) * shape.in);
                     zero_computed_gradient(t, p, weights.bias, shape.out);
                     kernels::LinearGradient<float> to;
                     to.x = t.gradient(x.tensor);
                     to.x_write = t.write(x);
                     to.weight = gradient(t, p, weights.weight);
                     to.bias = gradient(t, p, weights.bias);
                     kernels::Rows addend_rows;
                     if (added.tensor) {
                         to.addend = t.gradient(added.tensor);
                         to.addend_write = t.write(added);
                         addend_rows = rows(t, p, added.tensor);
                     }
                     t.backend().linear_backward(rows(t, p, y), addend_rows, shape, input(t, p),
                                                 t.value(y), t.gradient(y), to);
                 }});
    return y;
}

LinearWeights record_composed_linear(Tape& tape, const kernels::ComposedLinearShape& shape,
                                     const LinearWeights& outer, const LinearWeights& inner) {
    const LinearWeights y{{-1, tape.add_tensor(RowKind::fixed, shape.in, shape.out)},
                          {-1, tape.add_tensor(RowKind::fixed, shape.out, 1)}};
    const auto input = [=](Tape& t, const Pass& p) {
        return kernels::ComposedLinearInput<float>{
            value(t, p, outer.weight), value(t, p, outer.bias), value(t, p, inner.weight),
            value(t, p, inner.bias)};
    };
    tape.record({[=](Tape& t, const Pass& p) {
                     t.backend().composed_linear_forward(p.batch.replicas(), shape, input(t, p),
                                                         t.value(y.weight.computed),
                                                         t.value(y.bias.computed));
                 },
                 [=](Tape& t, const Pass& p) {
                     t.backend().composed_linear_backward(
                         p.batch.replicas(), shape, input(t, p), t.gradient(y.weight.computed),
                         t.gradient(y.bias.computed),
                         {gradient(t, p, outer.weight), gradient(t, p, outer.bias),
                          gradient(t, p, inner.weight), gradient(t, p, inner.bias)});
                 }});
    return y;
}

Tensor record_gather(Tape& tape, Tensor x_tensor, BatchIndex row) {
    const Operand x = tape.read(x_tensor);
    const int width = tape.width(x_tensor);
    const Tensor y = tape.add_tensor(RowKind::steps, width);
    tape.record({[=](Tape& t, const Pass& p) {
                     t.backend().embedding_forward(rows(t, p, y), width, t.value(x.tensor),
                                                   p.batch.index(row), t.value(y));
                 },
                 [=](Tape& t, const Pass& p) {
                     const int x_rows = t.row_capacity(x.tensor);
                     if (t.write(x) == kernels::Write::replace)
                         t.backend().zero(p.batch.replicas(), std::size_t(x_rows) * width,
                                          t.gradient(x.tensor));
                     t.backend().embedding_backward(rows(t, p, y), x_rows, width,
                                                    p.batch.index(row), t.gradient(y),
                                                    t.gradient(x.tensor));
                 }});
    return y;
}

Tensor record_linear_decay(Tape& tape, RowKind kind, BatchIndex question, BatchIndex response,
                           const kernels::LinearDecayShape& shape, const LinearWeights& weights) {
    const Tensor y = tape.add_tensor(kind, shape.out);
    tape.record(
        {[=](Tape& t, const Pass& p) {
             t.backend().linear_decay_forward(
                 p.batch.rows(kind), shape, value(t, p, weights.weight), value(t, p, weights.bias),
                 p.batch.index(question), p.batch.index(response), t.value(y));
         },
         [=](Tape& t, const Pass& p) {
             t.backend().linear_decay_backward(
                 p.batch.rows(kind), shape, p.batch.index(question), p.batch.index(response),
                 t.gradient(y), gradient(t, p, weights.weight), gradient(t, p, weights.bias));
         }});
    return y;
}

Tensor record_response_embedding(Tape& tape, int n_categories, int width, Weight decay,
                                 const LinearWeights& weights) {
    const kernels::ResponseEmbeddingShape shape{n_categories, width};
    const Tensor y = tape.add_tensor(RowKind::categories, width);
    const auto parameters = [=](Tape& t, const Pass& p) {
        return kernels::ResponseEmbeddingParameters<const float>{
            value(t, p, decay), value(t, p, weights.weight), value(t, p, weights.bias)};
    };
    tape.record({[=](Tape& t, const Pass& p) {
                     t.backend().response_embedding_forward(p.batch.replicas(), shape,
                                                            parameters(t, p), t.value(y));
                 },
                 [=](Tape& t, const Pass& p) {
                     t.backend().response_embedding_backward(
                         p.batch.replicas(), shape, parameters(t, p), t.gradient(y),
                         {gradient(t, p, decay), gradient(t, p, weights.weight),
                          gradient(t, p, weights.bias)});
                 }});
    return y;
}

Tensor record_dropout(Tape& tape, Tensor x_tensor, double rate) {
    const Operand x = tape.read(x_tensor);
    const kernels::DropoutShape shape{rate, tape.next_dropout_use(), tape.width(x_tensor)};
    const Tensor y = tape.add_tensor(tape.row_kind(x_tensor), shape.width);
    tape.record({[=](Tape& t, const Pass& p) {
                     t.backend().dropout_forward(rows(t, p, y), shape, p.dropout, t.value(x.tensor),
                                                 t.value(y));
                 },
                 [=](Tape& t, const Pass& p) {
                     t.backend().dropout_backward(rows(t, p, y), shape, p.dropout, t.gradient(y),
                                                  t.gradient(x.tensor), t.write(x));
                 }});
    return y;
}

Tensor record_attention(Tape& tape, Tensor qkv_tensor, kernels::AttentionShape shape) {
    const Operand qkv = tape.read_alone(qkv_tensor);
    shape.dropout_use = tape.next_dropout_use();
    const Tensor y = tape.add_tensor(RowKind::steps, shape.width);
    const Tensor log_sum_exp = tape.add_values(RowKind::steps, shape.heads);
    tape.record({[=](Tape& t, const Pass& p) {
                     t.backend().attention_forward(
                         p.batch.rows(RowKind::sequences), p.batch.rows(RowKind::steps), shape,
                         p.batch.index(BatchIndex::offsets), p.dropout, t.value(qkv.tensor),
                         t.value(y), t.value(log_sum_exp));
                 },
                 [=](Tape& t, const Pass& p) {
                     t.backend().attention_backward(
                         p.batch.rows(RowKind::sequences), p.batch.rows(RowKind::steps), shape,
                         p.batch.index(BatchIndex::offsets), p.dropout, t.value(qkv.tensor),
                         t.value(y), t.value(log_sum_exp), t.gradient(y), t.gradient(qkv.tensor));
                 }});
    return y;
}

Tensor record_layer_norm(Tape& tape, Tensor x_tensor, bool relu, const LinearWeights& weights) {
    const Operand x = tape.read(x_tensor);
    const kernels::LayerNormShape shape{tape.width(x_tensor), relu};
    const Tensor y = tape.add_tensor(tape.row_kind(x_tensor), shape.width);
    const Tensor statistics = tape.add_values(tape.row_kind(x_tensor), 2);
    tape.record({[=](Tape& t, const Pass& p) {
                     t.backend().layer_norm_forward(
                         rows(t, p, y), shape, t.value(x.tensor), value(t, p, weights.weight),
                         value(t, p, weights.bias), t.value(y), t.value(statistics));
                 },
                 [=](Tape& t, const Pass& p) {
                     t.backend().layer_norm_backward(
                         rows(t, p, y), shape, t.value(x.tensor), value(t, p, weights.weight),
                         t.value(y), t.value(statistics), t.gradient(y), t.gradient(x.tensor),
                         t.write(x), gradient(t, p, weights.weight), gradient(t, p, weights.bias));
                 }});
    return y;
}

Tensor record_gate_mix(Tape& tape, Tensor gate, Tensor a_tensor, Tensor b_tensor) {
    const Operand g = tape.read_alone(gate), a = tape.read_alone(a_tensor), b = tape.read(b_tensor);
    const int width = tape.width(gate);
    const Tensor y = tape.add_tensor(tape.row_kind(gate), width);
    tape.record({[=](Tape& t, const Pass& p) {
                     t.backend().gate_mix_forward(rows(t, p, y), width, t.value(g.tensor),
                                                  t.value(a.tensor), t.value(b.tensor), t.value(y));
                 },
                 [=](Tape& t, const Pass& p) {
                     t.backend().gate_mix_backward(
                         rows(t, p, y), width, t.value(g.tensor), t.value(a.tensor),
                         t.value(b.tensor), t.gradient(y), t.gradient(g.tensor),
                         t.gradient(a.tensor), t.gradient(b.tensor), t.write(b));
                 }});
    return y;
}

Tensor record_address_softmax(Tape& tape, Tensor query_tensor, int slots, Weight key) {
    const Operand query = tape.read(query_tensor);
    const kernels::AddressShape shape{slots, tape.width(query_tensor)};
    const Tensor y = tape.add_tensor(tape.row_kind(query_tensor), slots);
    tape.record({[=](Tape& t, const Pass& p) {
                     t.backend().address_softmax_forward(
                         rows(t, p, y), shape, t.value(query.tensor), value(t, p, key), t.value(y));
                 },
                 [=](Tape& t, const Pass& p) {
                     t.backend().address_softmax_backward(
                         rows(t, p, y), shape, t.value(query.tensor), value(t, p, key), t.value(y),
                         t.gradient(y), t.gradient(query.tensor), t.write(query),
                         gradient(t, p, key));
                 }});
    return y;
}

Tensor record_memory_scan(Tape& tape, Tensor address_tensor, Tensor erase_tensor, Tensor add_tensor,
                          BatchIndex value_row, Weight initial_value) {
    const Operand address = tape.read_alone(address_tensor);
    const Operand erase = tape.read_alone(erase_tensor), add = tape.read_alone(add_tensor);
    kernels::MemoryScanShape shape;
    shape.slots = tape.width(address_tensor);
    shape.value_dim = tape.width(erase_tensor);
    const Tensor y = tape.add_tensor(RowKind::steps, shape.value_dim);
    Tensor checkpoints;
    if (tape.training()) {
        const std::size_t size = tape.backend().memory_scan_checkpoint_size(
            shape, tape.capacity().steps, tape.capacity().sequences);
        const std::size_t memory = std::size_t(shape.slots) * shape.value_dim;
        checkpoints = tape.add_values(RowKind::fixed, static_cast<int>(memory),
                                      static_cast<int>((size + memory - 1) / memory));
    }
    const auto input = [=](Tape& t, const Pass& p) {
        return kernels::MemoryScanInput<float>{p.batch.index(BatchIndex::offsets),
                                               t.value(address.tensor),
                                               p.batch.index(BatchIndex::question_row),
                                               t.value(erase.tensor),
                                               t.value(add.tensor),
                                               p.batch.index(value_row),
                                               value(t, p, initial_value)};
    };
    tape.record({[=](Tape& t, const Pass& p) {
                     // Checkpoints are for the backward pass only.
                     t.backend().memory_scan_forward(
                         p.batch.rows(RowKind::sequences), p.batch.rows(RowKind::steps), shape,
                         input(t, p), t.value(y),
                         p.gradients ? t.value(checkpoints) : PerReplica<float>{});
                 },
                 [=](Tape& t, const Pass& p) {
                     t.backend().memory_scan_backward(
                         p.batch.rows(RowKind::sequences), p.batch.rows(RowKind::steps),
                         rows(t, p, address.tensor), rows(t, p, erase.tensor), shape, input(t, p),
                         t.value(checkpoints), t.gradient(y),
                         {t.gradient(address.tensor), t.gradient(erase.tensor),
                          t.gradient(add.tensor), gradient(t, p, initial_value)});
                 }});
    return y;
}

HeadTensors record_gpcm_head(Tape& tape, Tensor h_tensor, Tensor discrimination_x_tensor,
                             Tensor threshold_tensor, int n_categories,
                             const HeadWeights& weights) {
    const Operand h = tape.read_alone(h_tensor),
                  discrimination_x = tape.read_alone(discrimination_x_tensor);
    const Operand threshold = tape.read_alone(threshold_tensor);
    const kernels::GpcmHeadShape shape{tape.width(h_tensor), n_categories};
    const HeadTensors y{tape.add_values(RowKind::steps, 1), tape.add_values(RowKind::steps, 1),
                        tape.add_values(RowKind::steps, n_categories)};
    const auto input = [=](Tape& t, const Pass& p) {
        return kernels::GpcmHeadInput<float>{t.value(h.tensor),
                                             value(t, p, weights.ability_weight),
                                             value(t, p, weights.ability_bias),
                                             value(t, p, weights.ability_scale),
                                             value(t, p, weights.discrimination_weight),
                                             t.value(discrimination_x.tensor),
                                             t.value(threshold.tensor),
                                             p.batch.index(BatchIndex::question_row)};
    };
    tape.record(
        {[=](Tape& t, const Pass& p) {
             t.backend().gpcm_head_forward(p.batch.rows(RowKind::steps), shape, input(t, p),
                                           {t.value(y.theta), t.value(y.alpha), t.value(y.logits)});
         },
         [=](Tape& t, const Pass& p) {
             t.backend().gpcm_head_backward(
                 p.batch.rows(RowKind::steps), rows(t, p, threshold.tensor), shape, p.losses,
                 p.statistics, input(t, p), {t.value(y.theta), t.value(y.alpha), t.value(y.logits)},
                 p.batch.index(BatchIndex::response),
                 {t.gradient(h.tensor), gradient(t, p, weights.ability_weight),
                  gradient(t, p, weights.ability_bias), gradient(t, p, weights.ability_scale),
                  gradient(t, p, weights.discrimination_weight),
                  t.gradient(discrimination_x.tensor), t.gradient(threshold.tensor)});
         }});
    return y;
}

}  // namespace manygpcm
