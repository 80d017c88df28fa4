// The question embedding, a row a distinct question, key_dim wide. Forward counts no operations,
// backward 1 an element; rows of the table that the batch doesn't have don't count.
#include "manygpcm/kernels/embedding.h"

#include "batches.h"
#include "roofline.h"

namespace manygpcm::bench {
namespace {

void embedding_forward(benchmark::State& state, const Hyperparameters& h) {
    const kernels::Rows rows = sample_batch().rows(RowKind::questions);
    const kernels::RowIndex index = sample_batch().index(BatchIndex::distinct_question);
    const Array table(n_questions, h.key_dim);
    Array y(rows[0], h.key_dim);
    const double n = elements(rows[0], h.key_dim);
    measure(state, {.read = n + rows[0], .written = n},
            [&] { kernels::embedding_forward<float>(rows, h.key_dim, table, index, y); });
}

void embedding_backward(benchmark::State& state, const Hyperparameters& h) {
    const kernels::Rows rows = sample_batch().rows(RowKind::questions);
    const kernels::RowIndex index = sample_batch().index(BatchIndex::distinct_question);
    const Array dy(rows[0], h.key_dim);
    Array dtable(n_questions, h.key_dim);
    const double n = elements(rows[0], h.key_dim);
    measure(state, {.flops = n, .read = n + rows[0], .added_to = n},
            [&] { kernels::embedding_backward<float>(rows, h.key_dim, index, dy, dtable); });
}

MANYGPCM_BENCHMARK(embedding_forward);
MANYGPCM_BENCHMARK(embedding_backward);

}  // namespace
}  // namespace manygpcm::bench
