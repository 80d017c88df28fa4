// From a step's logits to the gradient of the ordinal loss, for both heads.
#pragma once

#include <cstddef>

namespace manygpcm::kernels::cuda {

/// log sum exp of a step's logits, and the probabilities that follow from it.
class StepProbabilities {
  public:
    __device__ StepProbabilities(int categories, const float* logits) : logits_(logits) {
        float largest = logits[0], sum = 0;
        for (int k = 1; k < categories; ++k)
            largest = fmaxf(largest, logits[k]);
        for (int k = 0; k < categories; ++k)
            sum += expf(logits[k] - largest);
        log_sum_ = largest + logf(sum);
    }
    __device__ float log_p(int k) const { return logits_[k] - log_sum_; }
    __device__ float p(int k) const { return expf(log_p(k)); }

  private:
    const float* logits_;
    float log_sum_;
};

/// What the gradient of a step's logits needs beside its probabilities: weights of the response,
/// of every category and of the focal loss, then [K, K] the gradient of -w_qwk softQWK with respect
/// to the probability of a category (column) where the response is r (row), up to a constant in
/// each row, which the softmax takes out. CudaDevice::loss_slopes writes them.
constexpr int slope_weights = 3;
__host__ __device__ constexpr int slope_size(int categories) {
    return slope_weights + categories * categories;
}

/// Calls by_step(j, gradient) for the steps j = K-2 .. 0 of the response's scale: step j is what
/// logits j + 1 .. K - 1 contain. @param slope of the replica, [slope_size]
template <class ByStep>
__device__ inline void for_step_gradients(int categories, const float* logits, const float* slope,
                                          int response, ByStep by_step) {
    const float target = slope[0], uniform = slope[1], focal = slope[2];
    const float* kappa = slope + slope_weights + response * categories;
    const StepProbabilities of(categories, logits);
    const float log_p = of.log_p(response), p = of.p(response), miss = 1 - p;
    // Minus the gradient with respect to the response's log-probability, but for the kappa.
    const float hit = target + focal * (miss * miss - 2 * log_p * miss * p);
    float sum = -hit - static_cast<float>(categories) * uniform;
    for (int k = 0; k < categories; ++k)
        sum += of.p(k) * kappa[k];
    float suffix = 0;
    for (int k = categories - 1; k > 0; --k) {
        const float p_k = of.p(k);
        const float by_log_p = p_k * kappa[k] - uniform - (k == response ? hit : 0);
        suffix += by_log_p - p_k * sum;
        by_step(k - 1, suffix);
    }
}

/// What a step adds to the gradients of its question, for sum_rows().
struct QuestionTerm {
    const float* steps;  ///< [replicas, steps, K]
    int capacity, categories;

    __device__ float operator()(int replica, int step, int column) const {
        return steps[(std::size_t(replica) * capacity + step) * categories + column];
    }
};

}  // namespace manygpcm::kernels::cuda
