// The linear maps that carry most of the work, over all steps: `qkv` (attention's projection, bias
// only), `gate` (a memory gate of an attention model, embed_dim -> value_dim, tanh) and `summary`
// (value_dim -> final_fc_dim, the question's part gathered and added, tanh, no bias); and over the
// pairs of a question and a category `pair_gate` (a memory gate of deep_gpcm, value_dim ->
// value_dim, tanh).
//
// Forward counts 2 rows in out for the product and, an output element each, 1 for the bias, 1 for
// the addend and 1 for the activation. Backward counts 4 rows in out for both products and, an
// output element each, 3 to undo the activation and 1 for each sum (bias, addend). Its dy is read
// and, where there is an activation, overwritten.
#include "manygpcm/kernels/linear.h"

#include "batches.h"
#include "roofline.h"

namespace manygpcm::bench {
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

/// A map's arrays and what they add to its work.
struct Arrays {
    explicit Arrays(const Map& map)
        : rows(sample_batch().rows(map.rows)),
          questions(sample_batch().rows(RowKind::questions)),
          x(rows[0], map.shape.in),
          weight(map.shape.out, map.shape.weight_stride),
          bias(1, map.shape.out),
          addend(questions[0], map.shape.out),
          y(rows[0], map.shape.out),
          in{x, weight, {}, {}, {}} {
        if (map.bias) in.bias = bias;
        if (map.addend) {
            in.addend = addend;
            in.addend_row = sample_batch().index(BatchIndex::question_row);
        }
    }

    kernels::Rows rows, questions;
    Array x, weight, bias, addend, y;
    kernels::LinearInput<float> in;
};

void forward(benchmark::State& state, const Map& map) {
    Arrays arrays(map);
    const kernels::LinearShape& shape = map.shape;
    const int rows = arrays.rows[0];
    const double outputs = elements(rows, shape.out);
    Work work;
    work.flops = outputs * (2.0 * shape.in + map.bias + map.addend +
                            (shape.activation != Activation::identity));
    work.read = elements(rows, shape.in) + elements(shape.out, shape.in) + map.bias * shape.out +
                map.addend * (elements(arrays.questions[0], shape.out) + rows);
    work.written = outputs;
    measure(state, work,
            [&] { kernels::linear_forward<float>(arrays.rows, shape, arrays.in, arrays.y); });
}

void backward(benchmark::State& state, const Map& map) {
    Arrays arrays(map);
    const kernels::LinearShape& shape = map.shape;
    const int rows = arrays.rows[0];
    Array dy(rows, shape.out), dx(rows, shape.in), dweight(shape.out, shape.weight_stride);
    Array dbias(1, shape.out), daddend(arrays.questions[0], shape.out);
    kernels::LinearGradient<float> gradient;
    gradient.x = dx;
    gradient.weight = dweight;
    if (map.bias) gradient.bias = dbias;
    if (map.addend) gradient.addend = daddend;

    const bool activation = shape.activation != Activation::identity;
    const double outputs = elements(rows, shape.out), inputs = elements(rows, shape.in);
    Work work;
    work.flops = outputs * (4.0 * shape.in + map.bias + map.addend + 3 * activation);
    work.read = outputs * (1 + activation) + inputs + elements(shape.out, shape.in) +
                map.addend * static_cast<double>(rows);
    work.written =
        inputs + activation * outputs + map.addend * elements(arrays.questions[0], shape.out);
    work.added_to = elements(shape.out, shape.in) + map.bias * shape.out;
    measure(state, work, [&] {
        kernels::linear_backward<float>(arrays.rows, arrays.questions, shape, arrays.in, arrays.y,
                                        dy, gradient);
    });
}

void linear_qkv_forward(benchmark::State& state, const Hyperparameters& h) {
    forward(state, qkv(h));
}
void linear_qkv_backward(benchmark::State& state, const Hyperparameters& h) {
    backward(state, qkv(h));
}
void linear_gate_forward(benchmark::State& state, const Hyperparameters& h) {
    forward(state, gate(h));
}
void linear_gate_backward(benchmark::State& state, const Hyperparameters& h) {
    backward(state, gate(h));
}
void linear_summary_forward(benchmark::State& state, const Hyperparameters& h) {
    forward(state, summary(h));
}
void linear_summary_backward(benchmark::State& state, const Hyperparameters& h) {
    backward(state, summary(h));
}
void linear_pair_gate_forward(benchmark::State& state, const Hyperparameters& h) {
    forward(state, pair_gate(h));
}
void linear_pair_gate_backward(benchmark::State& state, const Hyperparameters& h) {
    backward(state, pair_gate(h));
}

MANYGPCM_BENCHMARK(linear_qkv_forward);
MANYGPCM_BENCHMARK(linear_qkv_backward);
MANYGPCM_BENCHMARK(linear_gate_forward);
MANYGPCM_BENCHMARK(linear_gate_backward);
MANYGPCM_BENCHMARK(linear_summary_forward);
MANYGPCM_BENCHMARK(linear_summary_backward);
MANYGPCM_BENCHMARK(linear_pair_gate_forward);
MANYGPCM_BENCHMARK(linear_pair_gate_backward);

}  // namespace
}  // namespace manygpcm::bench
