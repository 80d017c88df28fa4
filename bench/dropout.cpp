// Dropout of the refinement's candidates, [steps, embed_dim]. Both directions count 1 operation an
// element, its scaling; the random words, most of the time, are integer work.
#include "manygpcm/kernels/dropout.h"

#include "batches.h"
#include "roofline.h"

namespace manygpcm::bench {
namespace {

void dropout_forward(benchmark::State& state, const Hyperparameters& h) {
    const kernels::Rows rows = sample_batch().rows(RowKind::steps);
    const kernels::DropoutShape shape{h.dropout_rate, 0, h.embed_dim};
    const kernels::DropoutKey key{{1, 2}, 3};
    const Array x(rows[0], h.embed_dim);
    Array y(rows[0], h.embed_dim);
    const double n = elements(rows[0], h.embed_dim);
    measure(state, {.flops = n, .read = n, .written = n},
            [&] { kernels::dropout_forward<float>(rows, shape, &key, x, y); });
}

void dropout_backward(benchmark::State& state, const Hyperparameters& h) {
    const kernels::Rows rows = sample_batch().rows(RowKind::steps);
    const kernels::DropoutShape shape{h.dropout_rate, 0, h.embed_dim};
    const kernels::DropoutKey key{{1, 2}, 3};
    const Array dy(rows[0], h.embed_dim);
    Array dx(rows[0], h.embed_dim);
    const double n = elements(rows[0], h.embed_dim);
    measure(state, {.flops = n, .read = n, .written = n}, [&] {
        kernels::dropout_backward<float>(rows, shape, &key, dy, dx, kernels::Write::replace);
    });
}

MANYGPCM_BENCHMARK(dropout_forward);
MANYGPCM_BENCHMARK(dropout_backward);

}  // namespace
}  // namespace manygpcm::bench
