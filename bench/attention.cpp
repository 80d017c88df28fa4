// Causal self-attention with dropout. Only pairs of a query and a key that it may see count, T (T +
// 1) / 2 a sequence. Forward: 4 E operations a pair for scores and weighted values, and 4 a head
// (exponential, its argument, sum, dropout's scaling). Backward: 10 E a pair for the scores anew
// and the gradients of values, probabilities, queries and keys, and 7 a head; 2 E a step for dy .
// y.
#include "manygpcm/kernels/attention.h"

#include "batches.h"
#include "roofline.h"

namespace manygpcm::bench {
namespace {

kernels::AttentionShape shape_of(const Hyperparameters& h) {
    return {h.embed_dim, h.n_heads, true, h.dropout_rate, 0};
}

const kernels::DropoutKey key{{1, 2}, 3};

/// Pairs of a query and a key at or before it, in all sequences.
double visible_pairs() {
    const kernels::RowIndex offsets = sample_batch().index(BatchIndex::offsets);
    double pairs = 0;
    for (int s = 0; s < count(RowKind::sequences); ++s) {
        const double steps = offsets[0][s + 1] - offsets[0][s];
        pairs += steps * (steps + 1) / 2;
    }
    return pairs;
}

void attention_forward(benchmark::State& state, const Hyperparameters& h) {
    const PackedBatch& batch = sample_batch();
    const int steps = count(RowKind::steps), width = h.embed_dim;
    const Array qkv(steps, 3 * width);
    Array y(steps, width), log_sum_exp(steps, h.n_heads);
    const Work work{.flops = visible_pairs() * (4 * width + 4 * h.n_heads),
                    .read = elements(steps, 3 * width) + count(RowKind::sequences) + 1,
                    .written = elements(steps, width + h.n_heads)};
    measure(state, work, [&] {
        kernels::attention_forward<float>(batch.rows(RowKind::sequences), shape_of(h),
                                          batch.index(BatchIndex::offsets), &key, qkv, y,
                                          log_sum_exp);
    });
}

void attention_backward(benchmark::State& state, const Hyperparameters& h) {
    const PackedBatch& batch = sample_batch();
    const kernels::Rows sequences = batch.rows(RowKind::sequences);
    const kernels::RowIndex offsets = batch.index(BatchIndex::offsets);
    const int steps = count(RowKind::steps), width = h.embed_dim;
    const Array qkv(steps, 3 * width), dy(steps, width);
    Array y(steps, width), log_sum_exp(steps, h.n_heads), dqkv(steps, 3 * width);
    kernels::attention_forward<float>(sequences, shape_of(h), offsets, &key, qkv, y, log_sum_exp);
    const Work work{
        .flops = visible_pairs() * (10 * width + 7 * h.n_heads) + 2 * elements(steps, width),
        .read = elements(steps, 5 * width + h.n_heads) + count(RowKind::sequences) + 1,
        .written = elements(steps, 3 * width)};
    measure(state, work, [&] {
        kernels::attention_backward<float>(sequences, shape_of(h), offsets, &key, qkv, y,
                                           log_sum_exp, dy, dqkv);
    });
}

MANYGPCM_BENCHMARK(attention_forward);
MANYGPCM_BENCHMARK(attention_backward);

}  // namespace
}  // namespace manygpcm::bench
