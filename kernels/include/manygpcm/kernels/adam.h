// Clips a replica's gradient by its global norm and takes one Adam step (Kingma, Ba 2015) over its
// flat parameter vector; weight decay is L2 in the gradient (Adam) or decoupled (AdamW; Loshchilov,
// Hutter 2019); the learning rate may rise over the first steps (Goyal et al. 2017, section 2.2).
#pragma once

#include <cstddef>

#include "manygpcm/kernels/work.h"

namespace manygpcm::kernels {

struct AdamConfig {
    double lr = 1e-3, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8;
    double weight_decay = 0;
    bool decoupled = false;  ///< AdamW
    double grad_clip = 0;    ///< largest global norm
    int warmup_steps = 0;    ///< first steps, in which the learning rate rises evenly to lr
};

/// @param step 1 for the first step of a replica
/// @param gradient scaled in registers only; left as it is
/// @param m, v first and second moments
/// @return false, and nothing changed, if the gradient's norm isn't finite
template <class T>
bool clip_and_adam(std::size_t size, const AdamConfig& config, int step, T* parameters,
                   const T* gradient, T* m, T* v);

/// 19 operations a parameter: norm 2, clipping and weight decay 3, moments 7, step 7. The gradient
/// is read; parameters and both moments are added to.
constexpr Work clip_and_adam_work(std::size_t size) {
    const auto n = static_cast<double>(size);
    return {.operations = 19 * n, .read = n, .added_to = 3 * n};
}

}  // namespace manygpcm::kernels
