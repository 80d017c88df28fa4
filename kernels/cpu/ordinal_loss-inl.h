// From a step's logits to the gradient of the ordinal loss, for both heads; compiled once per
// instruction set (see dispatch.h).
#if defined(MANYGPCM_KERNELS_ORDINAL_LOSS_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef MANYGPCM_KERNELS_ORDINAL_LOSS_INL
#undef MANYGPCM_KERNELS_ORDINAL_LOSS_INL
#else
#define MANYGPCM_KERNELS_ORDINAL_LOSS_INL
#endif

#include <algorithm>

#include "cpu/lanes-inl.h"
#include "cpu/ordinal_loss.h"
#include "cpu/scratch.h"

HWY_BEFORE_NAMESPACE();
namespace manygpcm::kernels::HWY_NAMESPACE {

/// Up to one vector of steps with their log-probabilities and probabilities, [categories][lanes].
template <class T>
struct StepBlock {
    StepBlock(ScratchFrame& frame, int number_of_categories)
        : categories(number_of_categories),
          lanes(static_cast<int>(hn::Lanes(hn::ScalableTag<T>()))),
          log_p(frame.take<T>(size())),
          p(frame.take<T>(size())) {}

    std::size_t size() const { return static_cast<std::size_t>(categories) * lanes; }

    /// Log-softmax and softmax of `count` rows of logits. Lanes past the last row are uniform.
    void load(int count, const T* logits) {
        std::fill_n(log_p, size(), T{0});
        for (int i = 0; i < count; ++i)
            for (int k = 0; k < categories; ++k)
                log_p[k * lanes + i] = logits[i * categories + k];
        const hn::ScalableTag<T> d;
        auto largest = hn::LoadU(d, log_p), sum = hn::Zero(d);
        for (int k = 1; k < categories; ++k)
            largest = hn::Max(largest, hn::LoadU(d, log_p + k * lanes));
        for (int k = 0; k < categories; ++k)
            sum = hn::Add(sum, hn::Exp(d, hn::Sub(hn::LoadU(d, log_p + k * lanes), largest)));
        const auto log_sum = hn::Add(largest, hn::Log(d, sum));
        for (int k = 0; k < categories; ++k) {
            const auto log = hn::Sub(hn::LoadU(d, log_p + k * lanes), log_sum);
            hn::StoreU(log, d, log_p + k * lanes);
            hn::StoreU(hn::Exp(d, log), d, p + k * lanes);
        }
    }

    int categories, lanes;
    T *log_p, *p;
};

/// What the gradient of a step's logits needs beside its probabilities.
template <class T>
struct LossSlope {
    T target, uniform, focal;  ///< weights of the response and of every category, of the focal loss
    const T* kappa;            ///< [K, K] as soft_kappa_slope writes it

    LossSlope(ScratchFrame& frame, int categories, const OrdinalLoss& loss,
              const double* statistics) {
        const double steps = statistics[0];
        target = static_cast<T>(loss.ce * (1 - loss.label_smoothing) / steps);
        uniform = static_cast<T>(loss.ce * loss.label_smoothing / (categories * steps));
        focal = static_cast<T>(loss.focal / steps);
        const std::size_t size = static_cast<std::size_t>(categories) * categories;
        double* slope = frame.take<double>(size);
        soft_kappa_slope(categories, loss, statistics, slope);
        T* rounded = frame.take<T>(size);
        std::transform(slope, slope + size, rounded, [](double x) { return static_cast<T>(x); });
        kappa = rounded;
    }

    /// Minus the gradient with respect to the response's log-probability, but for the kappa.
    T of_response(T log_p, T p) const {
        const T miss = 1 - p;
        return target + focal * (miss * miss - 2 * log_p * miss * p);
    }
};

/// Calls by_step(j, gradient) for the steps j = K-2 .. 0 of step i of the block: step j is what
/// logits j + 1 .. K - 1 contain.
template <class T, class ByStep>
HWY_INLINE void for_step_gradients(const StepBlock<T>& block, int i, const LossSlope<T>& slope,
                                   int response, const ByStep& by_step) {
    const int categories = block.categories;
    const std::ptrdiff_t lanes = block.lanes;
    const T *log_p = block.log_p + i, *p = block.p + i;
    const T* kappa = slope.kappa + std::ptrdiff_t{response} * categories;
    const T hit = slope.of_response(log_p[response * lanes], p[response * lanes]);
    T sum = -hit - static_cast<T>(categories) * slope.uniform;
    for (int k = 0; k < categories; ++k)
        sum += p[k * lanes] * kappa[k];
    T suffix = 0;
    for (int k = categories - 1; k > 0; --k) {
        const T by_log_p = p[k * lanes] * kappa[k] - slope.uniform - (k == response ? hit : T{0});
        suffix += by_log_p - p[k * lanes] * sum;
        by_step(k - 1, suffix);
    }
}

}  // namespace manygpcm::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
