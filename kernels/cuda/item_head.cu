// A thread has a step. Backward, what it adds to its question's gradients is kept and summed by
// question.
#include "cuda_device.h"
#include "launch.h"
#include "ordinal_loss.cuh"
#include "rows.cuh"

namespace manygpcm::kernels::cuda {
namespace {

/// A thread has a step and a question.
__global__ void __launch_bounds__(row_threads)
    item_forward_kernel(int steps, Rows questions, int categories, ItemHeadInput<float> in,
                        ItemHeadOutput<float> out) {
    const int replica = static_cast<int>(blockIdx.z), cuts = categories - 1;
    const std::ptrdiff_t row = blockIdx.x * std::ptrdiff_t{row_threads} + threadIdx.x;
    if (row < questions.capacity) {
        const bool given = row < questions[replica];  // else its slope may be 0
        const float* const item = in.item[replica] + row * categories;
        for (int j = 0; j < cuts; ++j)
            out.threshold[replica][row * cuts + j] =
                given ? item_threshold(item[1 + j], item[0]) : 0;
    }
    if (row < steps) {
        const float* const item =
            in.item[replica] + std::ptrdiff_t{in.question_row[replica][row]} * categories;
        const float slope = item[0];
        out.alpha[replica][row] = slope;
        const float shared =
            fmaf(slope, in.theta[replica][row], in.common ? in.common[replica][row] : 0);
        float* const logits = out.logits[replica] + row * categories;
        const float* const extra = in.extra ? in.extra[replica] + row * cuts : nullptr;
        float logit = 0;
        logits[0] = logit;
        for (int j = 0; j < cuts; ++j) {
            logit += shared - item[1 + j] + (extra ? extra[j] : 0);
            logits[j + 1] = logit;
        }
    }
}

/// Temporary arrays of the backward pass.
struct ItemWorkspace {
    float* slopes;  ///< [replicas, slope_size]
    float* steps;   ///< [replicas, steps, K] what a step adds to the gradients of its question
};

/// All gradients but the questions', and 0 beyond the steps.
__global__ void __launch_bounds__(row_threads)
    item_backward_kernel(Rows steps, int categories, ItemHeadInput<float> in,
                         PerReplica<const float> logits, RowIndex responses, ItemWorkspace work,
                         ItemHeadGradient<float> gradient) {
    const int replica = static_cast<int>(blockIdx.z), cuts = categories - 1;
    const std::ptrdiff_t step = blockIdx.x * std::ptrdiff_t{row_threads} + threadIdx.x;
    if (step >= steps.capacity) return;
    const bool given = step < steps[replica];
    float* const extra = gradient.extra ? gradient.extra[replica] + step * cuts : nullptr;
    float sum = 0, slope = 0;  // over the steps of the response's scale; of the question
    if (given) {
        float* const to =
            work.steps + (std::ptrdiff_t{replica} * steps.capacity + step) * categories;
        for_step_gradients(categories, logits[replica] + step * categories,
                           work.slopes + std::ptrdiff_t{replica} * slope_size(categories),
                           responses[replica][step], [&](int j, float by_step) {
                               sum += by_step;
                               to[1 + j] = -by_step;
                               if (extra) extra[j] = by_step;
                           });
        to[0] = sum * in.theta[replica][step];
        slope = in.item[replica][std::ptrdiff_t{in.question_row[replica][step]} * categories];
    } else if (extra) {
        for (int j = 0; j < cuts; ++j)
            extra[j] = 0;
    }
    if (gradient.theta) gradient.theta[replica][step] = sum * slope;
    if (gradient.common) gradient.common[replica][step] = sum;
}

}  // namespace

void CudaDevice::run(const ItemHeadForward<float>& args) {
    const auto& [steps, questions, categories, in, out] = args;
    launch({.grid = dim3(static_cast<unsigned>(
                             ceil_div(max(steps.capacity, questions.capacity), row_threads)),
                         1, static_cast<unsigned>(steps.replicas)),
            .block = row_threads,
            .stream = stream(),
            .name = args.name},
           item_forward_kernel, steps.capacity, questions, categories, in, out);
}

void CudaDevice::run(const ItemHeadBackward<float>& args) {
    const auto& [steps, questions, categories, losses, statistics, in, logits, responses,
                 gradient] = args;
    const auto replicas = static_cast<std::size_t>(steps.replicas);
    const std::size_t slopes = replicas * static_cast<std::size_t>(slope_size(categories));
    const std::size_t by_step =
        replicas * static_cast<std::size_t>(steps.capacity) * static_cast<std::size_t>(categories);
    static_assert(sizeof(int) == sizeof(float));
    float* const memory =
        workspace<float>(slopes + by_step + row_lists_size(steps, questions.capacity));
    const ItemWorkspace work{.slopes = memory, .steps = memory + slopes};
    const RowLists lists =
        list_rows(steps, questions.capacity, in.question_row,
                  reinterpret_cast<int*>(work.steps + by_step), "item_head_backward: questions");
    loss_slopes(steps.replicas, categories, losses, statistics, work.slopes,
                "item_head_backward: slopes");
    launch({.grid = dim3(static_cast<unsigned>(ceil_div(steps.capacity, row_threads)), 1,
                         static_cast<unsigned>(steps.replicas)),
            .block = row_threads,
            .stream = stream(),
            .name = args.name},
           item_backward_kernel, steps, categories, in, logits, responses, work, gradient);
    sum_rows(stream(), "item_head_backward: questions", lists, 0, steps.replicas, categories,
             QuestionTerm{work.steps, steps.capacity, categories},
             ArrayResult{gradient.item, categories});
}

}  // namespace manygpcm::kernels::cuda
