#include "manygpcm/kernels/item_head.h"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "cpu/item_head.cpp"
#include <hwy/foreach_target.h>

#include "cpu/dispatch.h"
#include "cpu/ordinal_loss-inl.h"
#include "work/elements.h"

#ifndef MANYGPCM_ITEM_HEAD_ARGUMENTS
#define MANYGPCM_ITEM_HEAD_ARGUMENTS
namespace manygpcm::kernels {

/// One replica's arrays, as plain pointers.
template <class T>
struct ItemInput {
    const T *theta, *item, *common, *extra;
    const std::int32_t* question_row;
};

template <class T>
struct ItemOutput {
    T *alpha, *threshold, *logits;
};

template <class T>
struct ItemGradient {
    T *theta, *item, *common, *extra;
};

}  // namespace manygpcm::kernels
#endif

HWY_BEFORE_NAMESPACE();
namespace manygpcm::kernels::HWY_NAMESPACE {

template <class T>
void item_head_forward(int steps, int questions, int categories, const ItemInput<T>& in,
                       const ItemOutput<T>& out) {
    const std::ptrdiff_t k = categories, cuts = k - 1;
    for (std::ptrdiff_t q = 0; q < questions; ++q)
        for (std::ptrdiff_t j = 0; j < cuts; ++j)
            out.threshold[q * cuts + j] = item_threshold(in.item[q * k + 1 + j], in.item[q * k]);
    for (std::ptrdiff_t t = 0; t < steps; ++t) {
        const T* const item = in.item + in.question_row[t] * k;
        T* const logits = out.logits + t * k;
        out.alpha[t] = item[0];
        const T shared = item[0] * in.theta[t] + (in.common ? in.common[t] : T{0});
        logits[0] = 0;
        for (std::ptrdiff_t j = 0; j < cuts; ++j)
            logits[j + 1] =
                logits[j] + (shared - item[1 + j] + (in.extra ? in.extra[t * cuts + j] : T{0}));
    }
}

template <class T>
void item_head_backward(int steps, int questions, int categories, const OrdinalLoss& loss,
                        const double* statistics, const ItemInput<T>& in, const T* logits,
                        const std::int32_t* responses, const ItemGradient<T>& gradient) {
    ScratchFrame frame;
    StepBlock<T> block(frame, categories);
    const LossSlope<T> slope(frame, categories, loss, statistics);
    const std::ptrdiff_t k = categories, cuts = k - 1;
    std::fill_n(gradient.item, questions * k, T{0});
    for (int first = 0; first < steps; first += block.lanes) {
        const int count = std::min(block.lanes, steps - first);
        block.load(count, logits + first * k);
        for (int i = 0; i < count; ++i) {
            const std::ptrdiff_t t = first + i, row = in.question_row[t] * k;
            T* const ditem = gradient.item + row;
            T sum = 0;  // over the steps of the response's scale
            for_step_gradients(block, i, slope, responses[t], [&](int j, T by_step) {
                sum += by_step;
                ditem[1 + j] -= by_step;
                if (gradient.extra) gradient.extra[t * cuts + j] = by_step;
            });
            ditem[0] += sum * in.theta[t];
            if (gradient.theta) gradient.theta[t] = sum * in.item[row];
            if (gradient.common) gradient.common[t] = sum;
        }
    }
}

}  // namespace manygpcm::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace manygpcm::kernels {
namespace {

template <class T>
ItemInput<T> replica_input(int r, const ItemHeadInput<T>& in) {
    return {in.theta[r], in.item[r], in.common[r], in.extra[r], in.question_row[r]};
}

}  // namespace

template <class T>
void compute(const ItemHeadForward<T>& args) {
    const auto& [steps, questions, categories, in, out] = args;
    for (int r = 0; r < steps.replicas; ++r)
        MANYGPCM_DISPATCH(item_head_forward<T>)
    (steps[r], questions[r], categories, replica_input(r, in),
     {out.alpha[r], out.threshold[r], out.logits[r]});
}

template <class T>
void compute(const ItemHeadBackward<T>& args) {
    const auto& [steps, questions, categories, losses, statistics, in, logits, responses,
                 gradient] = args;
    for (int r = 0; r < steps.replicas; ++r)
        MANYGPCM_DISPATCH(item_head_backward<T>)
    (steps[r], questions[r], categories, losses[r], statistics[r], replica_input(r, in), logits[r],
     responses[r], {gradient.theta[r], gradient.item[r], gradient.common[r], gradient.extra[r]});
}

// 2 + 3 K a step, and a division a threshold.
template <class T>
Work work(const ItemHeadForward<T>& args) {
    const double n = total(args.steps), k = args.categories, questions = total(args.questions);
    return {.operations = n * (2 + 3 * k) + questions * (k - 1),
            .read = 2 * n + present(args.in.common, n) + present(args.in.extra, n * (k - 1)) +
                    questions * k,
            .written = n * (k + 1) + questions * (k - 1)};
}

// 18 K + 4 a step: softmax anew 6 K, gradients of logits, steps and items 12 K.
template <class T>
Work work(const ItemHeadBackward<T>& args) {
    const double n = total(args.steps), k = args.categories, questions = total(args.questions);
    const double statistics = 2 * static_cast<double>(ordinal_statistics_size(args.categories));
    return {.operations = n * (18 * k + 4),
            .functions = n * (2 * k + 1),
            .read = n * (k + 3) + questions * k + statistics * args.steps.replicas,
            .written = questions * k + present(args.gradient.theta, n) +
                       present(args.gradient.common, n) +
                       present(args.gradient.extra, n * (k - 1))};
}

MANYGPCM_INSTANTIATE_CALL(ItemHeadForward)
MANYGPCM_INSTANTIATE_CALL(ItemHeadBackward)

}  // namespace manygpcm::kernels
#endif
