// Clipping and one Adam step over all parameters of attn_gpcm_learn; there is no backward. A
// parameter counts 19 operations (norm 2, clipping and weight decay 3, moments 7, step 7). The
// gradient is read; parameters and both moments are read and written.
#include "manygpcm/kernels/adam.h"

#include "batches.h"
#include "manygpcm/engine/model.h"
#include "roofline.h"

namespace manygpcm::bench {
namespace {

void clip_and_adam(benchmark::State& state, const Hyperparameters& h) {
    const int size =
        static_cast<int>(ParameterLayout(ModelConfig{h, n_questions, n_categories}).size());
    Array parameters(1, size), gradient(1, size), m(1, size), v(1, size, 0, 1);
    kernels::AdamConfig config;
    config.lr = h.lr;
    config.weight_decay = h.weight_decay;
    config.grad_clip = h.grad_clip;
    const double n = size;
    int step = 0;
    measure(state, {.flops = 19 * n, .read = n, .added_to = 3 * n}, [&] {
        kernels::clip_and_adam<float>(static_cast<std::size_t>(size), config, ++step,
                                      parameters.data(), gradient.data(), m.data(), v.data());
    });
}

MANYGPCM_BENCHMARK(clip_and_adam);

}  // namespace
}  // namespace manygpcm::bench
