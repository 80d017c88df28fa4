// A few hundred elements a replica: one block each backward, so that no sum leaves it.
#include "cuda_device.h"
#include "flat.cuh"
#include "reductions.cuh"

namespace manygpcm::kernels::cuda {
namespace {

constexpr int warps = flat_threads / warp_size;

/// softmax(decay) [K] in shared memory, by the block.
__device__ void share_softmax(int n_categories, const float* decay, float* shared) {
    if (threadIdx.x == 0) {
        float largest = decay[0], sum = 0;
        for (int k = 1; k < n_categories; ++k)
            largest = fmaxf(largest, decay[k]);
        for (int k = 0; k < n_categories; ++k)
            sum += shared[k] = expf(decay[k] - largest);
        for (int k = 0; k < n_categories; ++k)
            shared[k] /= sum;
    }
    __syncthreads();
}

__global__ void __launch_bounds__(flat_threads)
    response_forward_kernel(ResponseEmbeddingShape shape,
                            ResponseEmbeddingParameters<const float> in, PerReplica<float> y) {
    const auto [n_categories, out] = shape;
    const int replica = static_cast<int>(blockIdx.y);
    float* const decay = block_shared<float>();
    share_softmax(n_categories, in.decay[replica], decay);
    const int i = static_cast<int>(flat_thread()), k = i / out, o = i % out;
    if (k < n_categories)
        y[replica][i] = in.bias[replica][o] + decay[k] * in.weight[replica][o * n_categories + k];
}

/// Every thread takes some outputs, for all categories.
__global__ void __launch_bounds__(flat_threads)
    response_backward_kernel(ResponseEmbeddingShape shape,
                             ResponseEmbeddingParameters<const float> in,
                             PerReplica<const float> dy,
                             ResponseEmbeddingParameters<float> gradient) {
    const auto [n_categories, out] = shape;
    const int replica = static_cast<int>(blockIdx.x), thread = static_cast<int>(threadIdx.x);
    float* const decay = block_shared<float>();
    float* const ddecay = decay + n_categories;
    float* const sums = ddecay + n_categories;
    share_softmax(n_categories, in.decay[replica], decay);
    for (int k = 0; k < n_categories; ++k) {
        float product = 0;
        for (int o = thread; o < out; o += flat_threads) {
            const float grad = dy[replica][k * out + o];
            gradient.bias[replica][o] += grad;
            gradient.weight[replica][o * n_categories + k] += decay[k] * grad;
            product += in.weight[replica][o * n_categories + k] * grad;
        }
        product = block_sum(product, sums);
        if (thread == 0) ddecay[k] = product;
        __syncthreads();
    }
    if (thread != 0) return;
    float weighted = 0;  // what the softmax takes off
    for (int k = 0; k < n_categories; ++k)
        weighted += decay[k] * ddecay[k];
    for (int k = 0; k < n_categories; ++k)
        gradient.decay[replica][k] += decay[k] * (ddecay[k] - weighted);
}

}  // namespace

void CudaDevice::run(const ResponseEmbeddingForward<float>& args) {
    const auto& [replicas, shape, in, y] = args;
    launch({.grid = flat_grid(flat_size(shape.categories, shape.out), replicas),
            .block = dim3(flat_threads),
            .stream = stream(),
            .name = args.name,
            .shared_bytes = sizeof(float) * static_cast<std::size_t>(shape.categories)},
           response_forward_kernel, shape, in, y);
}

void CudaDevice::run(const ResponseEmbeddingBackward<float>& args) {
    const auto& [replicas, shape, in, dy, gradient] = args;
    launch(
        {.grid = dim3(static_cast<unsigned>(replicas)),
         .block = dim3(flat_threads),
         .stream = stream(),
         .name = args.name,
         .shared_bytes = sizeof(float) * (2 * static_cast<std::size_t>(shape.categories) + warps)},
        response_backward_kernel, shape, in, dy, gradient);
}

}  // namespace manygpcm::kernels::cuda
