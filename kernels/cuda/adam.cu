// Clips every replica's gradient and takes its Adam step: parts of the squared norm, then one warp
// a replica that decides and works out the step's constants, then one pass over the parameters.
#include <algorithm>

#include "cuda_device.h"
#include "launch.h"
#include "reductions.cuh"
#include "vectors.cuh"

namespace manygpcm::kernels::cuda {
namespace {

constexpr int adam_threads = 256;
constexpr std::size_t norm_part = 8192;  // elements a block sums

template <int V>
__global__ void __launch_bounds__(adam_threads)
    squares_kernel(std::size_t size, PerReplica<const float> gradient, double* parts) {
    const int replica = static_cast<int>(blockIdx.z);
    const std::size_t begin = blockIdx.x * norm_part, end = min(size, begin + norm_part);
    double sum = 0;  // squares of floats neither overflow nor lose the small ones
    for (std::size_t i = begin + threadIdx.x * V; i < end; i += adam_threads * V) {
        const Floats<V> g = load<V>(gradient[replica] + i);
#pragma unroll
        for (int k = 0; k < V; ++k)
            sum = fma(static_cast<double>(g.at[k]), static_cast<double>(g.at[k]), sum);
    }
    sum = block_sum(sum, block_shared<double>());
    if (threadIdx.x == 0) parts[std::size_t(replica) * gridDim.x + blockIdx.x] = sum;
}

/// The constants of one step:
///   g = clip gradient + l2 p,  m' = beta1 m + rest1 g,  v' = beta2 v + rest2 g^2
///   p' = shrink p - rate m' / (root_scale sqrt(v') + epsilon)
struct AdamStep {
    bool take;
    float clip, l2, beta1, rest1, beta2, rest2;
    float shrink, rate, root_scale, epsilon;
};

__device__ inline AdamStep step_constants(const AdamConfig& config, int step, double norm) {
    // Added as torch.nn.utils.clip_grad_norm_ does; the reference's goldens need the same.
    constexpr double norm_epsilon = 1e-6;
    const double lr =
        step < config.warmup_steps ? config.lr * step / config.warmup_steps : config.lr;
    const double correction1 = 1 - pow(config.beta1, static_cast<double>(step));
    const double correction2 = 1 - pow(config.beta2, static_cast<double>(step));
    return {.take = true,
            .clip = static_cast<float>(fmin(1.0, config.grad_clip / (norm + norm_epsilon))),
            .l2 = static_cast<float>(config.decoupled ? 0 : config.weight_decay),
            .beta1 = static_cast<float>(config.beta1),
            .rest1 = static_cast<float>(1 - config.beta1),
            .beta2 = static_cast<float>(config.beta2),
            .rest2 = static_cast<float>(1 - config.beta2),
            .shrink = static_cast<float>(config.decoupled ? 1 - lr * config.weight_decay : 1),
            .rate = static_cast<float>(lr / correction1),
            .root_scale = static_cast<float>(1 / sqrt(correction2)),
            .epsilon = static_cast<float>(config.epsilon)};
}

__global__ void __launch_bounds__(warp_size)
    decide_kernel(Rows steps, int n_parts, const double* parts, const double* loss,
                  OptimizerState* states, AdamStep* chosen) {
    const int replica = static_cast<int>(blockIdx.z);
    double sum = 0;
    for (int part = static_cast<int>(threadIdx.x); part < n_parts; part += warp_size)
        sum += parts[std::size_t(replica) * n_parts + part];
    const double norm = sqrt(lanes_sum(sum));
    if (threadIdx.x != 0) return;
    AdamStep step{};
    OptimizerState& state = states[replica];
    if (steps[replica] > 0) {
        if (isfinite(norm) && isfinite(loss[replica])) {
            step = step_constants(state.config, ++state.steps_taken, norm);
            ++state.batches_taken;
            state.loss_sum += loss[replica];
        } else {
            ++state.batches_skipped;
        }
    }
    chosen[replica] = step;
}

template <int V>
__global__ void __launch_bounds__(adam_threads)
    step_kernel(std::size_t size, const AdamStep* chosen, PerReplica<float> parameters,
                PerReplica<const float> gradient, PerReplica<float> m, PerReplica<float> v) {
    const int replica = static_cast<int>(blockIdx.z);
    const AdamStep step = chosen[replica];
    const std::size_t i = (blockIdx.x * std::size_t{adam_threads} + threadIdx.x) * V;
    if (!step.take || i >= size) return;
    Floats<V> p = load<V>(parameters[replica] + i), m1 = load<V>(m[replica] + i),
              v1 = load<V>(v[replica] + i);
    const Floats<V> raw = load<V>(gradient[replica] + i);
#pragma unroll
    for (int k = 0; k < V; ++k) {
        const float g = fmaf(step.l2, p.at[k], step.clip * raw.at[k]);
        m1.at[k] = fmaf(step.beta1, m1.at[k], step.rest1 * g);
        v1.at[k] = fmaf(step.beta2, v1.at[k], step.rest2 * (g * g));
        const float root = fmaf(sqrtf(v1.at[k]), step.root_scale, step.epsilon);
        p.at[k] = fmaf(-step.rate, m1.at[k] / root, step.shrink * p.at[k]);
    }
    store(m[replica] + i, m1);
    store(v[replica] + i, v1);
    store(parameters[replica] + i, p);
}

__global__ void __launch_bounds__(adam_threads)
    next_batch_kernel(Rows steps, int* batch, DropoutKey* keys) {
    const int replica = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
    if (replica == 0) ++*batch;
    if (keys && replica < steps.replicas && steps[replica] > 0) ++keys[replica].step;
}

}  // namespace

void CudaDevice::clip_and_adam(Rows steps, std::size_t size, const double* loss,
                               OptimizerState* states, Out parameters, In gradient, Out m, Out v) {
    const auto replicas = static_cast<unsigned>(steps.replicas);
    const auto parts = static_cast<unsigned>(ceil_div(size, norm_part));
    // Doubles first: the constants after them need no more alignment.
    const std::size_t n_parts = std::size_t{replicas} * parts;
    auto* const of_parts = static_cast<double*>(
        workspace_bytes(n_parts * sizeof(double) + replicas * sizeof(AdamStep)));
    auto* const chosen = reinterpret_cast<AdamStep*>(of_parts + n_parts);
    // Vectors must not reach beyond the end, which a last, narrower one would.
    const int width = vector_width(static_cast<int>(size % 4), parameters, gradient, m, v);
    with_vectors(width, [&](auto vector) {
        constexpr int V = vector.value;
        launch({.grid = dim3(parts, 1, replicas),
                .block = adam_threads,
                .stream = stream(),
                .name = "clip_and_adam: norm",
                .shared_bytes = adam_threads / warp_size * sizeof(double)},
               squares_kernel<V>, size, gradient, of_parts);
        launch({.grid = dim3(1, 1, replicas),
                .block = warp_size,
                .stream = stream(),
                .name = "clip_and_adam: decide"},
               decide_kernel, steps, static_cast<int>(parts), static_cast<const double*>(of_parts),
               loss, states, chosen);
        launch({.grid = dim3(static_cast<unsigned>(ceil_div(size, std::size_t{adam_threads * V})),
                             1, replicas),
                .block = adam_threads,
                .stream = stream(),
                .name = "clip_and_adam"},
               step_kernel<V>, size, static_cast<const AdamStep*>(chosen), parameters, gradient, m,
               v);
    });
}

void CudaDevice::next_batch(Rows steps, int* batch, DropoutKey* keys) {
    launch({.grid = dim3(max(1, ceil_div(steps.replicas, adam_threads))),
            .block = adam_threads,
            .stream = stream(),
            .name = "next_batch"},
           next_batch_kernel, steps, batch, keys);
}

}  // namespace manygpcm::kernels::cuda
