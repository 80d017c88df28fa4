// The head's forward pass reads h once. Its backward pass goes block by block of steps, lanes being
// steps, from logits to the gradients of ability and discrimination, then reads h once more for the
// gradients of h and of both weight vectors.
#include "manygpcm/kernels/gpcm_head.h"

#include <algorithm>
#include <cmath>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "cpu/gpcm_head.cpp"
#include <hwy/foreach_target.h>

#include "cpu/dispatch.h"
#include "cpu/lanes-inl.h"
#include "cpu/ordinal_loss-inl.h"
#include "cpu/scratch.h"
#include "work/elements.h"

#ifndef MANYGPCM_GPCM_HEAD_ARGUMENTS
#define MANYGPCM_GPCM_HEAD_ARGUMENTS
namespace manygpcm::kernels {

/// One replica's arrays, as plain pointers.
template <class T>
struct HeadInput {
    const T *h, *ability_weight, *ability_bias, *ability_scale;
    const T *discrimination_weight, *discrimination_x, *threshold;
    const std::int32_t* question_row;
    const T* state;  ///< what ability is read from: h, or its own
};

template <class T>
struct HeadOutput {
    T *theta, *alpha, *logits;
};

template <class T>
struct HeadGradient {
    T *h, *ability_weight, *ability_bias, *ability_scale;
    T *discrimination_weight, *discrimination_x, *threshold;
    T* state;  ///< null: ability is read from h
};

}  // namespace manygpcm::kernels
#endif

HWY_BEFORE_NAMESPACE();
namespace manygpcm::kernels::HWY_NAMESPACE {

template <class T>
void head_forward(int steps, const GpcmHeadShape& shape, const HeadInput<T>& in,
                  const HeadOutput<T>& out) {
    const int features = shape.features, cuts = shape.categories - 1;
    for (int t = 0; t < steps; ++t) {
        const T* h = in.h + std::ptrdiff_t{t} * features;
        const T* state = in.state + std::ptrdiff_t{t} * features;
        out.theta[t] =
            *in.ability_scale * (dot(features, state, in.ability_weight) + *in.ability_bias);
        out.alpha[t] =
            dot(features, h, in.discrimination_weight) + in.discrimination_x[in.question_row[t]];
    }
    for_lanes<T>(steps, [=](auto d, std::size_t t) {
        hn::StoreU(softplus(d, hn::LoadU(d, out.alpha + t)), d, out.alpha + t);
    });
    T* logits = out.logits;
    for (int t = 0; t < steps; ++t) {
        const T* beta = in.threshold + std::ptrdiff_t{in.question_row[t]} * cuts;
        *logits++ = 0;
        for (int k = 0; k < cuts; ++k, ++logits)
            *logits = logits[-1] + out.alpha[t] * (out.theta[t] - beta[k]);
    }
}

template <class T>
void sum_statistics(int steps, int categories, const OrdinalLoss& loss, const T* logits,
                    const std::int32_t* responses, double* statistics) {
    ScratchFrame frame;
    StepBlock<T> block(frame, categories);
    double &ce = statistics[1], &focal = statistics[2], *confusion = statistics + 3;
    std::fill_n(statistics, ordinal_statistics_size(categories), 0.0);
    statistics[0] = steps;
    const double smoothing = loss.label_smoothing;
    for (int first = 0; first < steps; first += block.lanes) {
        const int count = std::min(block.lanes, steps - first);
        block.load(count, logits + std::ptrdiff_t{first} * categories);
        for (int i = 0; i < count; ++i) {
            const int response = responses[first + i];
            double* row = confusion + std::ptrdiff_t{response} * categories;
            double log_p = 0;
            for (int k = 0; k < categories; ++k) {
                log_p += block.log_p[k * block.lanes + i];
                row[k] += block.p[k * block.lanes + i];
            }
            const double nll = -block.log_p[response * block.lanes + i];
            const double miss = 1.0 - block.p[response * block.lanes + i];
            ce += (1 - smoothing) * nll - smoothing / categories * log_p;
            focal += miss * miss * nll;
        }
    }
}

/// From the loss to one step's ability, discrimination and thresholds.
template <class T>
struct StepGradient {
    T theta = 0, alpha = 0;

    /// Step i of the block. Adds to dbeta [K-1].
    StepGradient(const StepBlock<T>& block, int i, const LossSlope<T>& slope, int response,
                 T step_theta, T step_alpha, const T* beta, T* dbeta) {
        for_step_gradients(block, i, slope, response, [&](int j, T gradient) {
            dbeta[j] -= step_alpha * gradient;
            theta += step_alpha * gradient;
            alpha += gradient * (step_theta - beta[j]);
        });
    }
};

/// Gradients by theta and alpha of every step, and by the thresholds of every question.
template <class T>
void loss_backward(int steps, int questions, int categories, const OrdinalLoss& loss,
                   const double* statistics, const HeadInput<T>& in, const HeadOutput<const T>& out,
                   const std::int32_t* responses, T* dtheta, T* dalpha, T* dthreshold) {
    ScratchFrame frame;
    StepBlock<T> block(frame, categories);
    const LossSlope<T> slope(frame, categories, loss, statistics);
    const int cuts = categories - 1;
    std::fill_n(dthreshold, std::ptrdiff_t{questions} * cuts, T{0});
    for (int first = 0; first < steps; first += block.lanes) {
        const int count = std::min(block.lanes, steps - first);
        block.load(count, out.logits + std::ptrdiff_t{first} * categories);
        for (int i = 0; i < count; ++i) {
            const int t = first + i;
            const std::ptrdiff_t row = std::ptrdiff_t{in.question_row[t]} * cuts;
            const StepGradient<T> step(block, i, slope, responses[t], out.theta[t], out.alpha[t],
                                       in.threshold + row, dthreshold + row);
            dtheta[t] = step.theta;
            dalpha[t] = step.alpha;
        }
    }
}

/// Gradients of h and, where it isn't null, of ability's state, and the sums over steps of both
/// times the gradients of the two maps.
template <class T>
void maps_backward(int steps, int features, T scale, const HeadInput<T>& in, const T* dtheta,
                   const T* dx, T* dh, T* dstate, T* sum_theta, T* sum_x) {
    std::fill_n(sum_theta, features, T{0});
    std::fill_n(sum_x, features, T{0});
    for (int t = 0; t < steps; ++t) {
        const T *h = in.h + std::ptrdiff_t{t} * features,
                *state = in.state + std::ptrdiff_t{t} * features;
        T* to = dh + std::ptrdiff_t{t} * features;
        T* to_state = dstate ? dstate + std::ptrdiff_t{t} * features : nullptr;
        const T by_theta = dtheta[t], by_ability = scale * dtheta[t], by_x = dx[t];
        for_lanes<T>(features, [=](auto d, std::size_t i) {
            const auto value = hn::LoadU(d, h + i), x = hn::Set(d, by_x);
            const auto from_x = hn::Mul(x, hn::LoadU(d, in.discrimination_weight + i));
            const auto ability = hn::Set(d, by_ability),
                       weight = hn::LoadU(d, in.ability_weight + i);
            if (to_state) {
                hn::StoreU(from_x, d, to + i);
                hn::StoreU(hn::Mul(ability, weight), d, to_state + i);
            } else {
                hn::StoreU(hn::MulAdd(ability, weight, from_x), d, to + i);
            }
            hn::StoreU(hn::MulAdd(hn::Set(d, by_theta), hn::LoadU(d, state + i),
                                  hn::LoadU(d, sum_theta + i)),
                       d, sum_theta + i);
            hn::StoreU(hn::MulAdd(x, value, hn::LoadU(d, sum_x + i)), d, sum_x + i);
        });
    }
}

template <class T>
void head_backward(int steps, int questions, const GpcmHeadShape& shape, const OrdinalLoss& loss,
                   const double* statistics, const HeadInput<T>& in, const HeadOutput<const T>& out,
                   const std::int32_t* responses, const HeadGradient<T>& gradient) {
    const int features = shape.features;
    const T scale = *in.ability_scale;
    ScratchFrame frame;
    T* dtheta = frame.take<T>(steps);
    T* dx = frame.take<T>(steps);
    loss_backward(steps, questions, shape.categories, loss, statistics, in, out, responses, dtheta,
                  dx, gradient.threshold);

    for_lanes<T>(steps, [=](auto d, std::size_t t) {
        // softplus' = 1 - e^-softplus, without cancelling where alpha is small
        const auto slope = hn::Neg(hn::Expm1(d, hn::Neg(hn::LoadU(d, out.alpha + t))));
        hn::StoreU(hn::Mul(slope, hn::LoadU(d, dx + t)), d, dx + t);
    });
    std::fill_n(gradient.discrimination_x, questions, T{0});
    for (int t = 0; t < steps; ++t)
        gradient.discrimination_x[in.question_row[t]] += dx[t];

    T* sum_theta = frame.take<T>(features);
    T* sum_x = frame.take<T>(features);
    maps_backward(steps, features, scale, in, dtheta, dx, gradient.h, gradient.state, sum_theta,
                  sum_x);
    const T sum =
        sum_lanes<T>(steps, [=](auto d, std::size_t t) { return hn::LoadU(d, dtheta + t); });
    add_scaled(features, scale, sum_theta, gradient.ability_weight);
    add_scaled(features, T{1}, sum_x, gradient.discrimination_weight);
    *gradient.ability_bias += scale * sum;
    *gradient.ability_scale += dot(features, sum_theta, in.ability_weight) + sum * *in.ability_bias;
}

}  // namespace manygpcm::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace manygpcm::kernels {
namespace {

template <class T>
HeadInput<T> replica_input(int r, const GpcmHeadInput<T>& in) {
    return {in.h[r],
            in.ability_weight[r],
            in.ability_bias[r],
            in.ability_scale[r],
            in.discrimination_weight[r],
            in.discrimination_x[r],
            in.threshold[r],
            in.question_row[r],
            in.state ? in.state[r] : in.h[r]};
}

template <class T>
HeadOutput<T> replica_output(int r, const GpcmHeadOutput<T>& out) {
    return {out.theta[r], out.alpha[r], out.logits[r]};
}

template <class T>
HeadGradient<T> replica_gradient(int r, const GpcmHeadGradient<T>& gradient) {
    return {gradient.h[r],
            gradient.ability_weight[r],
            gradient.ability_bias[r],
            gradient.ability_scale[r],
            gradient.discrimination_weight[r],
            gradient.discrimination_x[r],
            gradient.threshold[r],
            gradient.state[r]};
}

/// Elements of the statistics of all replicas.
double statistics_elements(int replicas, int categories) {
    constexpr double elements_of_a_double = 2;
    return elements_of_a_double * static_cast<double>(ordinal_statistics_size(categories)) *
           replicas;
}

}  // namespace

template <class T>
void compute(const GpcmHeadForward<T>& args) {
    const auto& [steps, shape, in, out] = args;
    for (int r = 0; r < steps.replicas; ++r)
        MANYGPCM_DISPATCH(head_forward<T>)
    (steps[r], shape, replica_input(r, in), replica_output(r, out));
}

template <class T>
void compute(const OrdinalStatistics<T>& args) {
    const auto& [steps, categories, losses, logits, responses, statistics] = args;
    for (int r = 0; r < steps.replicas; ++r)
        MANYGPCM_DISPATCH(sum_statistics<T>)
    (steps[r], categories, losses[r], logits[r], responses[r], statistics[r]);
}

template <class T>
void compute(const GpcmHeadBackward<T>& args) {
    const auto& [steps, questions, shape, losses, statistics, in, out, responses, gradient] = args;
    for (int r = 0; r < steps.replicas; ++r)
        MANYGPCM_DISPATCH(head_backward<T>)
    (steps[r], questions[r], shape, losses[r], statistics[r], replica_input(r, in),
     replica_output(r, out), responses[r], replica_gradient(r, gradient));
}

// 4 F + 3 K a step: two dot products, softplus, logits.
template <class T>
Work work(const GpcmHeadForward<T>& args) {
    const auto [features, categories] = args.shape;
    const double n = total(args.steps);
    return {.operations = n * (4 * features + 3 * categories),
            .functions = 2 * n,
            .read = n * (features + categories + 1) + present(args.in.state, n * features) +
                    product(args.steps.replicas, 2 * features + 2),
            .written = n * (categories + 2)};
}

// 8 K + 10 a step: log-softmax and softmax 6 K, the confusion matrix and smoothing 2 K,
// cross-entropy and focal loss 10.
template <class T>
Work work(const OrdinalStatistics<T>& args) {
    const double n = total(args.steps);
    return {.operations = n * (8 * args.categories + 10),
            .functions = n * (2 * args.categories + 1),
            .read = n * (args.categories + 1),
            .written = statistics_elements(args.steps.replicas, args.categories)};
}

// 7 F + 21 K + 10 a step: softmax anew 6 K, gradients of logits and thresholds 15 K, those of h and
// of both weight vectors 7 F, softplus and focal loss 10.
template <class T>
Work work(const GpcmHeadBackward<T>& args) {
    const auto [features, categories] = args.shape;
    const int replicas = args.steps.replicas;
    const double n = total(args.steps), of_questions = total(args.questions) * categories;
    const double weights = product(replicas, 2 * features + 2);
    return {.operations = n * (7 * features + 21 * categories + 10),
            .functions = n * (2 * categories + 2),
            .read = n * (features + categories + 4) + present(args.in.state, n * features) +
                    weights + of_questions + statistics_elements(replicas, categories),
            .written = n * features + present(args.gradient.state, n * features) + of_questions,
            .added_to = weights};
}

MANYGPCM_INSTANTIATE_CALL(GpcmHeadForward)
MANYGPCM_INSTANTIATE_CALL(OrdinalStatistics)
MANYGPCM_INSTANTIATE_CALL(GpcmHeadBackward)

}  // namespace manygpcm::kernels
#endif
