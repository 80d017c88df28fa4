// The linear-decay embedding, a row a pair of question and category: `value` (deep_gpcm's value
// vector, value_dim wide) and `response` (attn_gpcm_linear's embedding, embed_dim wide). Forward
// counts 2 K operations an output element, backward those and 1 for the bias; the whole weight
// [out, K Q] is read, or added to.
#include "manygpcm/kernels/linear_decay.h"

#include "batches.h"
#include "roofline.h"

namespace manygpcm::bench {
namespace {

kernels::LinearDecayShape value(const Hyperparameters& h) {
    return {n_questions, n_categories, h.value_dim};
}
kernels::LinearDecayShape response(const Hyperparameters& h) {
    return {n_questions, n_categories, h.embed_dim};
}

void forward(benchmark::State& state, const kernels::LinearDecayShape& shape) {
    const PackedBatch& batch = sample_batch();
    const kernels::Rows rows = batch.rows(RowKind::pairs);
    const Array weight(shape.out, shape.categories * shape.questions), bias(1, shape.out);
    Array y(rows[0], shape.out);
    const double n = elements(rows[0], shape.out);
    const Work work{.flops = 2 * shape.categories * n,
                    .read = elements(shape.out, shape.categories * shape.questions) + shape.out +
                            elements(rows[0], 2),
                    .written = n};
    measure(state, work, [&] {
        kernels::linear_decay_forward<float>(rows, shape, weight, bias,
                                             batch.index(BatchIndex::pair_question),
                                             batch.index(BatchIndex::pair_response), y);
    });
}

void backward(benchmark::State& state, const kernels::LinearDecayShape& shape) {
    const PackedBatch& batch = sample_batch();
    const kernels::Rows rows = batch.rows(RowKind::pairs);
    const Array dy(rows[0], shape.out);
    Array dweight(shape.out, shape.categories * shape.questions), dbias(1, shape.out);
    const double n = elements(rows[0], shape.out);
    const Work work{
        .flops = (2 * shape.categories + 1) * n,
        .read = n + elements(rows[0], 2),
        .added_to = elements(shape.out, shape.categories * shape.questions) + shape.out};
    measure(state, work, [&] {
        kernels::linear_decay_backward<float>(rows, shape, batch.index(BatchIndex::pair_question),
                                              batch.index(BatchIndex::pair_response), dy, dweight,
                                              dbias);
    });
}

void linear_decay_value_forward(benchmark::State& state, const Hyperparameters& h) {
    forward(state, value(h));
}
void linear_decay_value_backward(benchmark::State& state, const Hyperparameters& h) {
    backward(state, value(h));
}
void linear_decay_response_forward(benchmark::State& state, const Hyperparameters& h) {
    forward(state, response(h));
}
void linear_decay_response_backward(benchmark::State& state, const Hyperparameters& h) {
    backward(state, response(h));
}

MANYGPCM_BENCHMARK(linear_decay_value_forward);
MANYGPCM_BENCHMARK(linear_decay_value_backward);
MANYGPCM_BENCHMARK(linear_decay_response_forward);
MANYGPCM_BENCHMARK(linear_decay_response_backward);

}  // namespace
}  // namespace manygpcm::bench
