// Layer normalisation with its relu, as the fusion has it: [steps, embed_dim]. An element counts 9
// operations forward (mean 1, variance 3, normalising 2, gain and bias 2, relu 1) and 14 backward
// (relu 1, normalising 2, gain 1, its gradient 2, the bias's 1, two means 3, dx 4).
#include "manygpcm/kernels/layer_norm.h"

#include "batches.h"
#include "roofline.h"

namespace manygpcm::bench {
namespace {

void layer_norm_forward(benchmark::State& state, const Hyperparameters& h) {
    const kernels::Rows rows = sample_batch().rows(RowKind::steps);
    const int width = h.embed_dim;
    const Array x(rows[0], width), gain(1, width), bias(1, width);
    Array y(rows[0], width), statistics(rows[0], 2);
    const double n = elements(rows[0], width);
    const Work work{.flops = 9 * n, .read = n + 2 * width, .written = n + elements(rows[0], 2)};
    measure(state, work, [&] {
        kernels::layer_norm_forward<float>(rows, {width, true}, x, gain, bias, y, statistics);
    });
}

void layer_norm_backward(benchmark::State& state, const Hyperparameters& h) {
    const kernels::Rows rows = sample_batch().rows(RowKind::steps);
    const int width = h.embed_dim;
    const Array x(rows[0], width), gain(1, width), bias(1, width), dy(rows[0], width);
    Array y(rows[0], width), statistics(rows[0], 2);
    Array dx(rows[0], width), dgain(1, width), dbias(1, width);
    kernels::layer_norm_forward<float>(rows, {width, true}, x, gain, bias, y, statistics);
    const double n = elements(rows[0], width);
    const Work work{.flops = 14 * n,
                    .read = 3 * n + width + elements(rows[0], 2),
                    .written = n,
                    .added_to = elements(2, width)};
    measure(state, work, [&] {
        kernels::layer_norm_backward<float>(rows, {width, true}, x, gain, y, statistics, dy, dx,
                                            kernels::Write::replace, dgain, dbias);
    });
}

MANYGPCM_BENCHMARK(layer_norm_forward);
MANYGPCM_BENCHMARK(layer_norm_backward);

}  // namespace
}  // namespace manygpcm::bench
