// Causal self-attention with dropout.
#include "manygpcm/kernels/attention.h"

#include "operation_list.h"

namespace manygpcm::measure {
namespace {

constexpr kernels::DropoutKey key{{1, 2}, 3};

kernels::AttentionShape shape_of(const Hyperparameters& h) {
    return {h.embed_dim, h.n_heads, true, h.dropout_rate, 0};
}

}  // namespace

Call attention_forward(Operands& o, const Hyperparameters& h) {
    const kernels::Rows sequences = o.rows(RowKind::sequences), steps = o.rows(RowKind::steps);
    const kernels::RowIndex offsets = o.index(BatchIndex::offsets);
    const kernels::AttentionShape shape = shape_of(h);
    const auto* keys = o.copies(key);
    const auto qkv = o.array(steps.capacity, 3 * shape.width);
    const auto y = o.array(steps.capacity, shape.width);
    const auto log_sum_exp = o.array(steps.capacity, shape.heads);
    return [=, &b = o.backend()] {
        b.attention_forward(sequences, steps, shape, offsets, keys, qkv, y, log_sum_exp);
    };
}

Call attention_backward(Operands& o, const Hyperparameters& h) {
    const kernels::Rows sequences = o.rows(RowKind::sequences), steps = o.rows(RowKind::steps);
    const kernels::RowIndex offsets = o.index(BatchIndex::offsets);
    const kernels::AttentionShape shape = shape_of(h);
    const auto* keys = o.copies(key);
    const auto qkv = o.array(steps.capacity, 3 * shape.width);
    const auto dqkv = o.array(steps.capacity, 3 * shape.width);
    const auto y = o.array(steps.capacity, shape.width), dy = o.array(steps.capacity, shape.width);
    const auto log_sum_exp = o.array(steps.capacity, shape.heads);
    o.backend().attention_forward(sequences, steps, shape, offsets, keys, qkv, y, log_sum_exp);
    return [=, &b = o.backend()] {
        b.attention_backward(sequences, steps, shape, offsets, keys, qkv, y, log_sum_exp, dy, dqkv);
    };
}

}  // namespace manygpcm::measure
