// The head's forward pass gives each step eight lanes. The backward pass is one over h: a block
// takes the steps from their logits to the gradients of ability and discrimination, then writes h's
// gradient and its part of the weights'; a second kernel adds up the parts.
#include <cub/block/block_reduce.cuh>
#include <limits>

#include "cuda_device.h"
#include "launch.h"
#include "ordinal_loss.cuh"
#include "reductions.cuh"
#include "rows.cuh"
#include "vectors.cuh"

namespace manygpcm::kernels::cuda {
namespace {

constexpr int head_threads = 128;
constexpr int step_lanes = 8;

template <int V>
__global__ void __launch_bounds__(head_threads)
    head_forward_kernel(int steps, GpcmHeadShape shape, GpcmHeadInput<float> in,
                        GpcmHeadOutput<float> out) {
    const int replica = static_cast<int>(blockIdx.z);
    const int thread = static_cast<int>(threadIdx.x), lane = thread % step_lanes;
    const int mine =
        static_cast<int>(blockIdx.x) * (head_threads / step_lanes) + thread / step_lanes;
    const int step = min(mine, steps - 1);  // every lane takes part in the sums
    const float* h = in.h[replica] + std::size_t(step) * shape.features;
    const float* state =
        in.state ? in.state[replica] + std::size_t(step) * shape.features : nullptr;
    float by_ability = 0, by_discrimination = 0;
    for (int i = lane * V; i < shape.features; i += step_lanes * V) {
        const Floats<V> x = load<V>(h + i), w = load<V>(in.ability_weight[replica] + i),
                        d = load<V>(in.discrimination_weight[replica] + i),
                        s = state ? load<V>(state + i) : x;
#pragma unroll
        for (int k = 0; k < V; ++k) {
            by_ability = fmaf(s.at[k], w.at[k], by_ability);
            by_discrimination = fmaf(x.at[k], d.at[k], by_discrimination);
        }
    }
    by_ability = lanes_sum(by_ability, step_lanes);
    by_discrimination = lanes_sum(by_discrimination, step_lanes);
    if (mine >= steps) return;
    const int row = in.question_row[replica][step], cuts = shape.categories - 1;
    const float theta = *in.ability_scale[replica] * (by_ability + *in.ability_bias[replica]);
    const float x = by_discrimination + in.discrimination_x[replica][row];
    const float alpha = fmaxf(x, 0) + log1pf(expf(-fabsf(x)));  // softplus
    if (lane == 0) {
        out.theta[replica][step] = theta;
        out.alpha[replica][step] = alpha;
    }
    const float* beta = in.threshold[replica] + std::size_t(row) * cuts;
    for (int k = lane; k <= cuts; k += step_lanes) {
        float logit = 0;
        for (int j = 0; j < k; ++j)
            logit = fmaf(alpha, theta - beta[j], logit);
        out.logits[replica][std::size_t(step) * shape.categories + k] = logit;
    }
}

constexpr int statistics_threads = 256;
constexpr int statistics_steps = 4 * statistics_threads;  // a block
using BlockSum = cub::BlockReduce<double, statistics_threads>;
/// Shared memory of a block's two sums, in whole vectors.
constexpr std::size_t block_sums_bytes =
    ceil_div<std::size_t>(2 * sizeof(BlockSum::TempStorage), 16) * 16;

/// Groups of threads that share the cells of the soft confusion matrix.
__host__ __device__ constexpr int confusion_groups(int categories) {
    const int cells = categories * categories;
    return cells < statistics_threads ? statistics_threads / cells : 1;
}

/// A block's part of the sums, [replicas, parts, ordinal_statistics_size].
__global__ void __launch_bounds__(statistics_threads)
    statistics_kernel(Rows steps, int categories, const OrdinalLoss* losses,
                      PerReplica<const float> logits, RowIndex responses, int size, double* parts) {
    const int replica = static_cast<int>(blockIdx.z), thread = static_cast<int>(threadIdx.x);
    const int cells = categories * categories, groups = confusion_groups(categories);
    auto* const sums = block_shared<BlockSum::TempStorage>();  // one a sum
    double* const confusion = reinterpret_cast<double*>(block_shared<unsigned char>() +
                                                        block_sums_bytes);  // [groups, cells]
    float* const p = reinterpret_cast<float*>(confusion + groups * cells);  // [threads, K]
    int* const response = reinterpret_cast<int*>(p + statistics_threads * categories);
    for (int i = thread; i < groups * cells; i += statistics_threads)
        confusion[i] = 0;

    const double smoothing = losses[replica].label_smoothing;
    const int begin = static_cast<int>(blockIdx.x) * statistics_steps;
    const int end = min(steps[replica], begin + statistics_steps);
    double ce = 0, focal = 0;
    for (int first = begin; first < end; first += statistics_threads) {
        const int step = first + thread, count = min(statistics_threads, end - first);
        __syncthreads();  // the steps before are added up
        if (step < end) {
            const StepProbabilities of(categories,
                                       logits[replica] + std::size_t(step) * categories);
            const int r = responses[replica][step];
            double log_p = 0;
            for (int k = 0; k < categories; ++k) {
                log_p += of.log_p(k);
                p[thread * categories + k] = of.p(k);
            }
            response[thread] = r;
            const double nll = -of.log_p(r), miss = 1.0 - p[thread * categories + r];
            ce += (1 - smoothing) * nll - smoothing / categories * log_p;
            focal += miss * miss * nll;
        }
        __syncthreads();
        for (int i = thread; i < groups * cells; i += statistics_threads) {
            const int cell = i % cells, row = cell / categories, column = cell % categories;
            double sum = confusion[i];
            for (int s = i / cells; s < count; s += groups)
                if (response[s] == row) sum += p[s * categories + column];
            confusion[i] = sum;
        }
    }
    __syncthreads();
    double* const part = parts + (std::size_t(replica) * gridDim.x + blockIdx.x) * size;
    for (int cell = thread; cell < cells; cell += statistics_threads) {
        double sum = 0;
        for (int group = 0; group < groups; ++group)
            sum += confusion[group * cells + cell];
        part[3 + cell] = sum;
    }
    ce = BlockSum(sums[0]).Sum(ce);
    focal = BlockSum(sums[1]).Sum(focal);
    if (thread == 0) {
        part[0] = max(0, end - begin);
        part[1] = ce;
        part[2] = focal;
    }
}

constexpr int sum_threads = 64;

__global__ void __launch_bounds__(sum_threads)
    sum_statistics_kernel(int n_parts, int size, const double* parts,
                          PerReplica<double> statistics) {
    const int replica = static_cast<int>(blockIdx.z);
    for (int i = static_cast<int>(threadIdx.x); i < size; i += sum_threads) {
        double sum = 0;
        for (int part = 0; part < n_parts; ++part)
            sum += parts[(std::size_t(replica) * n_parts + part) * size + i];
        statistics[replica][i] = sum;
    }
}

/// Quadratic agreement of two categories (Cohen 1968): 1 on the diagonal, 0 in the far corners.
__device__ inline double agreement(int a, int b, int categories) {
    const double distance = static_cast<double>(a - b) / (categories - 1);
    return 1 - distance * distance;
}

/// The soft quadratic weighted kappa of one replica, by one warp.
struct SoftKappa {
    double observed = 0, expected = 0;  ///< agreement
    /// [K] agreement of each predicted category with the responses' distribution
    double* chance;

    /// @param shared [3 K]
    __device__ SoftKappa(int categories, const double* statistics, double* shared)
        : chance(shared) {
        const int lane = static_cast<int>(threadIdx.x);
        const double steps = statistics[0], *confusion = statistics + 3;
        double *responses = shared + categories, *predicted = responses + categories;
        for (int k = lane; k < categories; k += warp_size) {
            double row = 0, column = 0;
            for (int j = 0; j < categories; ++j) {
                const double c = confusion[k * categories + j] / steps;
                row += c;
                column += confusion[j * categories + k] / steps;
                observed += c * agreement(k, j, categories);
            }
            responses[k] = row;
            predicted[k] = column;
        }
        __syncwarp();
        for (int k = lane; k < categories; k += warp_size) {
            double sum = 0;
            for (int r = 0; r < categories; ++r)
                sum += responses[r] * agreement(r, k, categories);
            chance[k] = sum;
            expected += predicted[k] * sum;
        }
        __syncwarp();
        observed = lanes_sum(observed);
        expected = lanes_sum(expected);
    }
    __device__ double possible() const {
        constexpr double epsilon = 1e-7;  // the reference's
        return 1 - expected + epsilon;
    }
    __device__ double value() const { return (observed - expected) / possible(); }
};

constexpr std::size_t kappa_bytes(int categories) {
    return 3 * sizeof(double) * static_cast<std::size_t>(categories);
}

__global__ void __launch_bounds__(warp_size)
    losses_kernel(int categories, const OrdinalLoss* losses, PerReplica<const double> statistics,
                  double* loss) {
    const int replica = static_cast<int>(blockIdx.z);
    const double* sums = statistics[replica];
    const SoftKappa kappa(categories, sums, block_shared<double>());
    const OrdinalLoss& weights = losses[replica];
    if (threadIdx.x == 0)
        loss[replica] = sums[0] > 0
                            ? weights.ce * (sums[1] / sums[0]) +
                                  weights.focal * (sums[2] / sums[0]) - weights.qwk * kappa.value()
                            : std::numeric_limits<double>::quiet_NaN();
}

__global__ void __launch_bounds__(warp_size)
    loss_slope_kernel(int categories, const OrdinalLoss* losses,
                      PerReplica<const double> statistics, float* slopes) {
    const int replica = static_cast<int>(blockIdx.z), lane = static_cast<int>(threadIdx.x);
    const double *sums = statistics[replica], steps = sums[0];
    const SoftKappa kappa(categories, sums, block_shared<double>());
    const OrdinalLoss& loss = losses[replica];
    float* const slope = slopes + std::size_t(replica) * slope_size(categories);
    if (lane == 0) {
        slope[0] = static_cast<float>(loss.ce * (1 - loss.label_smoothing) / steps);
        slope[1] = static_cast<float>(loss.ce * loss.label_smoothing / (categories * steps));
        slope[2] = static_cast<float>(loss.focal / steps);
    }
    const double by_observed = 1 / kappa.possible();
    const double by_expected = (kappa.value() - 1) / kappa.possible();
    const double weight = -loss.qwk / steps;
    for (int i = lane; i < categories * categories; i += warp_size) {
        const int r = i / categories, k = i % categories;
        slope[slope_weights + i] = static_cast<float>(
            weight * (by_observed * agreement(r, k, categories) + by_expected * kappa.chance[k]));
    }
}

constexpr int backward_threads = 256, backward_steps = 128;  // a block

/// From the loss to one step's ability, to what goes into the softplus of its discrimination, and
/// to its thresholds.
struct StepGradient {
    float theta = 0, x = 0;

    /// Writes dbeta [K-1].
    __device__ StepGradient(int categories, const float* logits, const float* slope, int response,
                            float step_theta, float step_alpha, const float* beta, float* dbeta) {
        float alpha = 0;
        for_step_gradients(categories, logits, slope, response, [&](int j, float gradient) {
            dbeta[j] = -step_alpha * gradient;
            theta += step_alpha * gradient;
            alpha += gradient * (step_theta - beta[j]);
        });
        // softplus' = 1 - e^-softplus, without cancelling where alpha is small
        x = -expm1f(-step_alpha) * alpha;
    }
};

/// Temporary arrays of the backward pass.
struct HeadWorkspace {
    float* slopes;  ///< [replicas, slope_size]
    float* steps;   ///< [replicas, steps, K]: gradients of x and of the thresholds
    float* parts;   ///< [replicas, parts, 2 features + 1]: sums of h dtheta, h dx, dtheta
};

template <int V>
__global__ void __launch_bounds__(backward_threads)
    head_backward_kernel(Rows steps, GpcmHeadShape shape, GpcmHeadInput<float> in,
                         GpcmHeadOutput<const float> out, RowIndex responses, HeadWorkspace work,
                         int lanes, PerReplica<float> dh, PerReplica<float> dstate) {
    const int replica = static_cast<int>(blockIdx.z), thread = static_cast<int>(threadIdx.x);
    const int features = shape.features, categories = shape.categories, cuts = categories - 1;
    const int begin = static_cast<int>(blockIdx.x) * backward_steps;
    const int end = min(steps.capacity, begin + backward_steps);
    float* const dtheta = block_shared<float>();  // [backward_steps]
    float* const dx = dtheta + backward_steps;
    float* const warp_sums = dx + backward_steps;
    float* const sums = warp_sums + backward_threads / warp_size;  // [groups, 2 features]

    float theta = 0;
    if (thread < backward_steps) {
        const int step = begin + thread;
        float x = 0;
        if (step < steps[replica]) {
            const std::size_t row = std::size_t(replica) * steps.capacity + step;
            float* const to = work.steps + row * categories;
            const StepGradient gradient(
                categories, out.logits[replica] + std::size_t(step) * categories,
                work.slopes + std::size_t(replica) * slope_size(categories),
                responses[replica][step], out.theta[replica][step], out.alpha[replica][step],
                in.threshold[replica] + std::size_t(in.question_row[replica][step]) * cuts, to + 1);
            theta = gradient.theta;
            to[0] = x = gradient.x;
        }
        dtheta[thread] = theta;
        dx[thread] = x;
    }
    const float theta_sum = block_sum(theta, warp_sums);  // its barrier shows dtheta and dx, too

    // `lanes` threads share the features; groups of them share the steps.
    const int group = thread / lanes, groups = backward_threads / lanes;
    const float scale = *in.ability_scale[replica];
    for (int i = thread % lanes * V; i < features; i += lanes * V) {
        const Floats<V> ability = load<V>(in.ability_weight[replica] + i);
        const Floats<V> discrimination = load<V>(in.discrimination_weight[replica] + i);
        Floats<V> by_theta = zeros<V>(), by_x = zeros<V>();
        for (int s = group; s < end - begin; s += groups) {
            const std::size_t at = std::size_t(begin + s) * features + i;
            const Floats<V> h = load<V>(in.h[replica] + at);
            const Floats<V> state = in.state ? load<V>(in.state[replica] + at) : h;
            Floats<V> gradient, of_state;
#pragma unroll
            for (int k = 0; k < V; ++k) {
                by_theta.at[k] = fmaf(dtheta[s], state.at[k], by_theta.at[k]);
                by_x.at[k] = fmaf(dx[s], h.at[k], by_x.at[k]);
                const float from_x = dx[s] * discrimination.at[k];
                of_state.at[k] = scale * dtheta[s] * ability.at[k];
                gradient.at[k] = dstate ? from_x : fmaf(scale * dtheta[s], ability.at[k], from_x);
            }
            store(dh[replica] + at, gradient);
            if (dstate) store(dstate[replica] + at, of_state);
        }
#pragma unroll
        for (int k = 0; k < V; ++k) {
            sums[(2 * group) * features + i + k] = by_theta.at[k];
            sums[(2 * group + 1) * features + i + k] = by_x.at[k];
        }
    }
    __syncthreads();
    float* const part = work.parts + (std::size_t(replica) * gridDim.x + blockIdx.x) *
                                         static_cast<std::size_t>(2 * features + 1);
    for (int i = thread; i < 2 * features; i += backward_threads) {
        float sum = 0;
        for (int g = 0; g < groups; ++g)
            sum += sums[2 * g * features + i];
        part[i] = sum;
    }
    if (thread == 0) part[2 * features] = theta_sum;
}

__global__ void __launch_bounds__(head_threads)
    head_weights_kernel(int n_parts, int features, GpcmHeadInput<float> in, const float* parts,
                        GpcmHeadGradient<float> gradient) {
    const int replica = static_cast<int>(blockIdx.z), thread = static_cast<int>(threadIdx.x);
    const int size = 2 * features + 1;
    const float scale = *in.ability_scale[replica];
    const auto total = [&](int i) {
        float sum = 0;
        for (int part = 0; part < n_parts; ++part)
            sum += parts[(std::size_t(replica) * n_parts + part) * size + i];
        return sum;
    };
    float by_scale = 0;
    for (int i = thread; i < features; i += head_threads) {
        const float by_theta = total(i);
        by_scale = fmaf(by_theta, in.ability_weight[replica][i], by_scale);
        gradient.ability_weight[replica][i] += scale * by_theta;
        gradient.discrimination_weight[replica][i] += total(features + i);
    }
    by_scale = block_sum(by_scale, block_shared<float>());
    if (thread == 0) {
        const float by_theta = total(2 * features);
        *gradient.ability_bias[replica] += scale * by_theta;
        *gradient.ability_scale[replica] += by_scale + by_theta * *in.ability_bias[replica];
    }
}

/// Where the sums of both of a question's gradients go.
struct QuestionResult {
    PerReplica<float> discrimination_x, threshold;
    int cuts;

    __device__ void operator()(int replica, int row, int column, float sum) const {
        if (column == 0)
            discrimination_x[replica][row] = sum;
        else
            threshold[replica][std::size_t(row) * cuts + column - 1] = sum;
    }
};

__global__ void __launch_bounds__(head_threads)
    confusion_counts_kernel(Rows steps, int categories, PerReplica<const float> logits,
                            RowIndex responses, int* counts) {
    const int replica = static_cast<int>(blockIdx.z), thread = static_cast<int>(threadIdx.x);
    const int cells = categories * categories;
    int* const of_block = block_shared<int>();
    for (int i = thread; i < cells; i += head_threads)
        of_block[i] = 0;
    __syncthreads();
    const int stride = static_cast<int>(gridDim.x) * head_threads;
    for (int step = static_cast<int>(blockIdx.x) * head_threads + thread; step < steps[replica];
         step += stride) {
        const float* of = logits[replica] + std::size_t(step) * categories;
        int likely = 0;
        for (int k = 1; k < categories; ++k)
            if (of[k] > of[likely]) likely = k;
        atomicAdd(of_block + responses[replica][step] * categories + likely, 1);
    }
    __syncthreads();
    for (int i = thread; i < cells; i += head_threads)
        if (of_block[i] > 0) atomicAdd(counts + std::size_t(replica) * cells + i, of_block[i]);
}

}  // namespace

void CudaDevice::run(const GpcmHeadForward<float>& args) {
    const auto& [steps, shape, in, out] = args;
    const int v =
        vector_width(shape.features, in.h, in.ability_weight, in.discrimination_weight, in.state);
    with_vectors(v, [&](auto vector) {
        launch(
            {.grid = dim3(ceil_div(steps.capacity, head_threads / step_lanes), 1, steps.replicas),
             .block = head_threads,
             .stream = stream(),
             .name = args.name},
            head_forward_kernel<vector.value>, steps.capacity, shape, in, out);
    });
}

void CudaDevice::run(const OrdinalStatistics<float>& args) {
    const auto& [steps, categories, losses, logits, responses, statistics] = args;
    const int size = static_cast<int>(ordinal_statistics_size(categories));
    const int parts = max(1, ceil_div(steps.capacity, statistics_steps));
    const auto replicas = static_cast<unsigned>(steps.replicas);
    double* const of_parts =
        workspace<double>(std::size_t(steps.replicas) * std::size_t(parts) * std::size_t(size));
    const std::size_t doubles =
        static_cast<std::size_t>(confusion_groups(categories) * categories * categories);
    const std::size_t floats = statistics_threads * static_cast<std::size_t>(categories);
    launch({.grid = dim3(static_cast<unsigned>(parts), 1, replicas),
            .block = statistics_threads,
            .stream = stream(),
            .name = args.name,
            .shared_bytes = block_sums_bytes + doubles * sizeof(double) + floats * sizeof(float) +
                            statistics_threads * sizeof(int)},
           statistics_kernel, steps, categories, losses, logits, responses, size, of_parts);
    launch({.grid = dim3(1, 1, replicas),
            .block = sum_threads,
            .stream = stream(),
            .name = "ordinal_statistics: sum"},
           sum_statistics_kernel, parts, size, static_cast<const double*>(of_parts), statistics);
}

void CudaDevice::ordinal_losses(int replicas, int categories, const OrdinalLoss* losses,
                                PerReplica<const double> statistics, double* loss) {
    launch({.grid = dim3(1, 1, static_cast<unsigned>(replicas)),
            .block = warp_size,
            .stream = stream(),
            .name = "ordinal_losses",
            .shared_bytes = kappa_bytes(categories)},
           losses_kernel, categories, losses, statistics, loss);
}

void CudaDevice::loss_slopes(int replicas, int categories, const OrdinalLoss* losses,
                             PerReplica<const double> statistics, float* slopes, const char* name) {
    launch({.grid = dim3(1, 1, static_cast<unsigned>(replicas)),
            .block = warp_size,
            .stream = stream(),
            .name = name,
            .shared_bytes = kappa_bytes(categories)},
           loss_slope_kernel, categories, losses, statistics, slopes);
}

void CudaDevice::run(const GpcmHeadBackward<float>& args) {
    const auto& [steps, questions, shape, losses, statistics, in, out, responses, gradient] = args;
    const auto replicas = static_cast<unsigned>(steps.replicas);
    const int parts = max(1, ceil_div(steps.capacity, backward_steps));
    const std::size_t slopes = std::size_t(replicas) * std::size_t(slope_size(shape.categories));
    const std::size_t by_step =
        std::size_t(replicas) * std::size_t(steps.capacity) * std::size_t(shape.categories);
    const std::size_t by_part =
        std::size_t(replicas) * std::size_t(parts) * std::size_t(2 * shape.features + 1);
    const std::size_t by_list = row_lists_size(steps, questions.capacity);
    static_assert(sizeof(int) == sizeof(float));
    float* const memory = workspace<float>(slopes + by_step + by_part + by_list);
    const HeadWorkspace work{
        .slopes = memory, .steps = memory + slopes, .parts = memory + slopes + by_step};
    const RowLists lists =
        list_rows(steps, questions.capacity, in.question_row,
                  reinterpret_cast<int*>(work.parts + by_part), "gpcm_head_backward: questions");
    loss_slopes(steps.replicas, shape.categories, losses, statistics, work.slopes,
                "gpcm_head_backward: slopes");

    const int v = vector_width(shape.features, in.h, in.ability_weight, in.discrimination_weight,
                               gradient.h, in.state, gradient.state);
    // The fewest whole warps that hold a row's vectors, as a power of two.
    int lanes = warp_size;
    while (lanes < backward_threads && lanes * v < shape.features)
        lanes *= 2;
    const std::size_t floats =
        static_cast<std::size_t>(2 * backward_steps + backward_threads / warp_size +
                                 backward_threads / lanes * 2 * shape.features);
    with_vectors(v, [&](auto vector) {
        launch({.grid = dim3(static_cast<unsigned>(parts), 1, replicas),
                .block = backward_threads,
                .stream = stream(),
                .name = args.name,
                .shared_bytes = floats * sizeof(float)},
               head_backward_kernel<vector.value>, steps, shape, in, out, responses, work, lanes,
               gradient.h, gradient.state);
    });
    launch({.grid = dim3(1, 1, replicas),
            .block = head_threads,
            .stream = stream(),
            .name = "gpcm_head_backward: weights",
            .shared_bytes = head_threads / warp_size * sizeof(float)},
           head_weights_kernel, parts, shape.features, in, static_cast<const float*>(work.parts),
           gradient);
    sum_rows(stream(), "gpcm_head_backward: questions", lists, 0, steps.replicas, shape.categories,
             QuestionTerm{work.steps, steps.capacity, shape.categories},
             QuestionResult{gradient.discrimination_x, gradient.threshold, shape.categories - 1});
}

void CudaDevice::confusion_counts(Rows steps, int categories, In logits, RowIndex responses,
                                  int* counts) {
    constexpr int steps_a_thread =
        8;  // few enough blocks that most counts are added in shared memory
    launch(
        {.grid = dim3(ceil_div(steps.capacity, head_threads * steps_a_thread), 1, steps.replicas),
         .block = head_threads,
         .stream = stream(),
         .name = "confusion_counts",
         .shared_bytes = std::size_t(categories) * std::size_t(categories) * sizeof(int)},
        confusion_counts_kernel, steps, categories, logits, responses, counts);
}

}  // namespace manygpcm::kernels::cuda
