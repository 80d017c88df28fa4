// Two passes over the gradient: its norm, then clipping, weight decay and the step in registers.
#include "manygpcm/kernels/adam.h"

#include <algorithm>
#include <cmath>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "cpu/adam.cpp"
#include <hwy/foreach_target.h>

#include "cpu/dispatch.h"
#include "cpu/lanes-inl.h"

HWY_BEFORE_NAMESPACE();
namespace manygpcm::kernels::HWY_NAMESPACE {

/// Squares in double: those of a float gradient neither overflow nor lose the small ones in the
/// sum.
template <class T>
double sum_of_squares(std::size_t n, const T* x) {
    return sum_lanes<double>(n, [x](auto d, std::size_t i) {
        const hn::Rebind<T, decltype(d)> narrow;
        const auto value = hn::LoadU(narrow, x + i);
        if constexpr (sizeof(T) == sizeof(double)) {
            return hn::Mul(value, value);
        } else {
            const auto wide = hn::PromoteTo(d, value);
            return hn::Mul(wide, wide);
        }
    });
}

/// The constants of one step:
///   g = clip gradient + l2 p,  m' = beta1 m + rest1 g,  v' = beta2 v + rest2 g^2
///   p' = shrink p - rate m' / (root_scale sqrt(v') + epsilon)
template <class T>
struct Step {
    T clip, l2, beta1, rest1, beta2, rest2;
    T shrink, rate, root_scale, epsilon;
};

template <class T>
Step<T> step_constants(const AdamConfig& config, int step, double norm) {
    // Added as torch.nn.utils.clip_grad_norm_ does; the reference's goldens need the same.
    constexpr double norm_epsilon = 1e-6;
    const double lr =
        step < config.warmup_steps ? config.lr * step / config.warmup_steps : config.lr;
    const double correction1 = 1 - std::pow(config.beta1, step);
    const double correction2 = 1 - std::pow(config.beta2, step);
    return {.clip = static_cast<T>(std::min(1.0, config.grad_clip / (norm + norm_epsilon))),
            .l2 = static_cast<T>(config.decoupled ? 0 : config.weight_decay),
            .beta1 = static_cast<T>(config.beta1),
            .rest1 = static_cast<T>(1 - config.beta1),
            .beta2 = static_cast<T>(config.beta2),
            .rest2 = static_cast<T>(1 - config.beta2),
            .shrink = static_cast<T>(config.decoupled ? 1 - lr * config.weight_decay : 1),
            .rate = static_cast<T>(lr / correction1),
            .root_scale = static_cast<T>(1 / std::sqrt(correction2)),
            .epsilon = static_cast<T>(config.epsilon)};
}

template <class T>
bool clip_and_step(std::size_t size, const AdamConfig& config, int step, T* parameters,
                   const T* gradient, T* m, T* v) {
    const double norm = std::sqrt(sum_of_squares(size, gradient));
    if (!std::isfinite(norm)) return false;
    const Step<T> c = step_constants<T>(config, step, norm);
    for_lanes<T>(size, [=](auto d, std::size_t i) {
        const auto p = hn::LoadU(d, parameters + i);
        const auto g = hn::MulAdd(hn::Set(d, c.l2), p,
                                  hn::Mul(hn::Set(d, c.clip), hn::LoadU(d, gradient + i)));
        const auto m1 =
            hn::MulAdd(hn::Set(d, c.beta1), hn::LoadU(d, m + i), hn::Mul(hn::Set(d, c.rest1), g));
        const auto v1 = hn::MulAdd(hn::Set(d, c.beta2), hn::LoadU(d, v + i),
                                   hn::Mul(hn::Set(d, c.rest2), hn::Mul(g, g)));
        const auto root = hn::MulAdd(hn::Sqrt(v1), hn::Set(d, c.root_scale), hn::Set(d, c.epsilon));
        const auto moved =
            hn::NegMulAdd(hn::Set(d, c.rate), hn::Div(m1, root), hn::Mul(hn::Set(d, c.shrink), p));
        hn::StoreU(m1, d, m + i);
        hn::StoreU(v1, d, v + i);
        hn::StoreU(moved, d, parameters + i);
    });
    return true;
}

}  // namespace manygpcm::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace manygpcm::kernels {

template <class T>
bool clip_and_adam(std::size_t size, const AdamConfig& config, int step, T* parameters,
                   const T* gradient, T* m, T* v) {
    return MANYGPCM_DISPATCH(clip_and_step<T>)(size, config, step, parameters, gradient, m, v);
}

MANYGPCM_INSTANTIATE(clip_and_adam)

}  // namespace manygpcm::kernels
#endif
