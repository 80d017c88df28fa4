// The refinement's gate, [steps, embed_dim]. Forward counts 3 operations an element, backward 4;
// three arrays in and one out, four in and three out.
#include "manygpcm/kernels/gate_mix.h"

#include "batches.h"
#include "roofline.h"

namespace manygpcm::bench {
namespace {

void gate_mix_forward(benchmark::State& state, const Hyperparameters& h) {
    const kernels::Rows rows = sample_batch().rows(RowKind::steps);
    const int width = h.embed_dim;
    const Array g(rows[0], width, 0, 1), a(rows[0], width), b(rows[0], width);
    Array y(rows[0], width);
    const double n = elements(rows[0], width);
    measure(state, {.flops = 3 * n, .read = 3 * n, .written = n},
            [&] { kernels::gate_mix_forward<float>(rows, width, g, a, b, y); });
}

void gate_mix_backward(benchmark::State& state, const Hyperparameters& h) {
    const kernels::Rows rows = sample_batch().rows(RowKind::steps);
    const int width = h.embed_dim;
    const Array g(rows[0], width, 0, 1), a(rows[0], width), b(rows[0], width), dy(rows[0], width);
    Array dg(rows[0], width), da(rows[0], width), db(rows[0], width);
    const double n = elements(rows[0], width);
    measure(state, {.flops = 4 * n, .read = 4 * n, .written = 3 * n}, [&] {
        kernels::gate_mix_backward<float>(rows, width, g, a, b, dy, dg, da, db,
                                          kernels::Write::replace);
    });
}

MANYGPCM_BENCHMARK(gate_mix_forward);
MANYGPCM_BENCHMARK(gate_mix_backward);

}  // namespace
}  // namespace manygpcm::bench
