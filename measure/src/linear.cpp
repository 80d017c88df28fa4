// The linear maps that carry most of the work, over all steps: `qkv` (attention's projection, bias
// only), `gate` (a memory gate of an attention model, embed_dim -> value_dim, tanh) and `summary`
// (value_dim -> final_fc_dim, the question's part gathered and added, tanh, no bias); and over the
// pairs of a question and a category `pair_gate` (a memory gate of deep_gpcm, value_dim ->
// value_dim, tanh).
#include "manygpcm/kernels/linear.h"

#include "operation_list.h"

namespace manygpcm::measure {
namespace {

using kernels::Activation;

/// Which map of a model.
struct Map {
    RowKind rows;
    kernels::LinearShape shape;
    bool bias, addend;
};

Map qkv(const Hyperparameters& h) {
    return {RowKind::steps, {h.embed_dim, 3 * h.embed_dim, h.embed_dim}, true, false};
}
Map gate(const Hyperparameters& h) {
    return {RowKind::steps, {h.embed_dim, h.value_dim, h.embed_dim, Activation::tanh}, true, false};
}
Map summary(const Hyperparameters& h) {
    return {RowKind::steps,
            {h.value_dim, h.final_fc_dim, h.value_dim + h.key_dim, Activation::tanh},
            false,
            true};
}
Map pair_gate(const Hyperparameters& h) {
    return {RowKind::pairs, {h.value_dim, h.value_dim, h.value_dim, Activation::tanh}, true, false};
}

kernels::LinearInput<float> input(Operands& o, const Map& map) {
    kernels::LinearInput<float> in;
    in.x = o.array(o.capacity(map.rows), map.shape.in);
    in.weight = o.array(map.shape.out, map.shape.weight_stride);
    if (map.bias) in.bias = o.array(1, map.shape.out);
    if (map.addend) {
        in.addend = o.array(o.capacity(RowKind::questions), map.shape.out);
        in.addend_row = o.index(BatchIndex::question_row);
    }
    return in;
}

Call forward(Operands& o, const Map& map) {
    const auto in = input(o, map);
    const auto y = o.array(o.capacity(map.rows), map.shape.out);
    return [=, &b = o.backend(), rows = o.rows(map.rows), shape = map.shape] {
        b.linear_forward(rows, shape, in, y);
    };
}

Call backward(Operands& o, const Map& map) {
    const auto in = input(o, map);
    const int capacity = o.capacity(map.rows);
    const auto y = o.array(capacity, map.shape.out), dy = o.array(capacity, map.shape.out);
    kernels::LinearGradient<float> gradient;
    gradient.x = o.array(capacity, map.shape.in);
    gradient.weight = o.array(map.shape.out, map.shape.weight_stride);
    if (map.bias) gradient.bias = o.array(1, map.shape.out);
    if (map.addend) gradient.addend = o.array(o.capacity(RowKind::questions), map.shape.out);
    const kernels::Rows questions = o.rows(RowKind::questions);
    return [=, &b = o.backend(), rows = o.rows(map.rows), shape = map.shape] {
        b.linear_backward(rows, questions, shape, in, y, dy, gradient);
    };
}

}  // namespace

Call linear_qkv_forward(Operands& o, const Hyperparameters& h) {
    return forward(o, qkv(h));
}
Call linear_qkv_backward(Operands& o, const Hyperparameters& h) {
    return backward(o, qkv(h));
}
Call linear_gate_forward(Operands& o, const Hyperparameters& h) {
    return forward(o, gate(h));
}
Call linear_gate_backward(Operands& o, const Hyperparameters& h) {
    return backward(o, gate(h));
}
Call linear_summary_forward(Operands& o, const Hyperparameters& h) {
    return forward(o, summary(h));
}
Call linear_summary_backward(Operands& o, const Hyperparameters& h) {
    return backward(o, summary(h));
}
Call linear_pair_gate_forward(Operands& o, const Hyperparameters& h) {
    return forward(o, pair_gate(h));
}
Call linear_pair_gate_backward(Operands& o, const Hyperparameters& h) {
    return backward(o, pair_gate(h));
}

}  // namespace manygpcm::measure
