// The weights are matrix products; the biases, which are products with one vector, have kernels of
// their own.
#include <algorithm>

#include "columns.cuh"
#include "cuda_device.h"
#include "reductions.cuh"

namespace manygpcm::kernels::cuda {
namespace {

/// bias = outer_weight inner_bias + outer_bias: a warp an element.
template <int V>
__global__ void __launch_bounds__(tile_threads)
    compose_bias_kernel(ComposedLinearShape shape, ComposedLinearInput<float> in,
                        PerReplica<float> bias) {
    const int replica = static_cast<int>(blockIdx.y), lane = static_cast<int>(threadIdx.x);
    const int row = static_cast<int>(blockIdx.x * blockDim.y + threadIdx.y);
    if (row >= shape.out) return;
    const float* const weight = in.outer_weight[replica] + std::ptrdiff_t{row} * shape.outer_stride;
    float sum = 0;
    for (int j = lane * V; j < shape.middle; j += warp_size * V) {
        const Floats<V> w = load<V>(weight + j), c = load<V>(in.inner_bias[replica] + j);
        for (int i = 0; i < V; ++i)
            sum += w.at[i] * c.at[i];
    }
    sum = lanes_sum(sum);
    if (lane == 0) bias[replica][row] = sum + in.outer_bias[replica][row];
}

/// d outer_weight += dbias inner_bias^T, d inner_bias += outer_weight^T dbias, d outer_bias +=
/// dbias. A block takes some columns of the outer weight.
template <int V>
__global__ void __launch_bounds__(tile_threads)
    decompose_bias_kernel(ComposedLinearShape shape, ComposedLinearInput<float> in,
                          PerReplica<const float> dbias, ComposedLinearGradient<float> gradient) {
    const int replica = static_cast<int>(blockIdx.z), column = tile_column<V>();
    const int block_rows = static_cast<int>(blockDim.y), row0 = static_cast<int>(threadIdx.y);
    const bool inside = column < shape.middle;
    Floats<V> sum = zeros<V>();
    if (inside) {
        const Floats<V> c = load<V>(in.inner_bias[replica] + column);
        for (int row = row0; row < shape.out; row += block_rows) {
            const std::ptrdiff_t at = std::ptrdiff_t{row} * shape.outer_stride + column;
            const float grad = dbias[replica][row];
            const Floats<V> weight = load<V>(in.outer_weight[replica] + at);
            Floats<V> to_weight = load<V>(gradient.outer_weight[replica] + at);
            for (int i = 0; i < V; ++i) {
                sum.at[i] += weight.at[i] * grad;
                to_weight.at[i] += grad * c.at[i];
            }
            store(gradient.outer_weight[replica] + at, to_weight);
        }
    }
    sum = sum_block_rows(sum, block_shared<float>());
    if (row0 == 0 && inside) {
        float* const at = gradient.inner_bias[replica] + column;
        Floats<V> to_bias = load<V>(at);
        for (int i = 0; i < V; ++i)
            to_bias.at[i] += sum.at[i];
        store(at, to_bias);
    }
    if (blockIdx.y == 0)
        for (int row = row0 * static_cast<int>(blockDim.x) + static_cast<int>(threadIdx.x);
             row < shape.out; row += block_rows * static_cast<int>(blockDim.x))
            gradient.outer_bias[replica][row] += dbias[replica][row];
}

/// Rows of the outer weight, a slice of columns, allow vectors only where their distance does.
int outer_vector_width(const ComposedLinearShape& shape, const auto&... arrays) {
    const int v = vector_width(shape.middle, arrays...);
    return vector_width(v, PerReplica<const float>{nullptr, shape.outer_stride});
}

}  // namespace

void CudaDevice::run(const ComposedLinearForward<float>& args) {
    const auto& [replicas, shape, in, weight, bias] = args;
    const char* const name = args.name;
    GemmShape product;
    product.m = shape.out, product.n = shape.in, product.k = shape.middle;
    product.lda = shape.outer_stride, product.ldb = product.ldc = shape.in;
    gemms_.run(replicas, product, in.outer_weight, in.inner_weight, {}, weight, name);
    with_vectors(outer_vector_width(shape, in.outer_weight, in.inner_bias), [&](auto v) {
        constexpr int warps = tile_threads / warp_size;
        launch({.grid = dim3(static_cast<unsigned>(ceil_div(shape.out, warps)),
                             static_cast<unsigned>(replicas)),
                .block = dim3(warp_size, warps),
                .stream = stream(),
                .name = name},
               compose_bias_kernel<v()>, shape, in, bias);
    });
}

void CudaDevice::run(const ComposedLinearBackward<float>& args) {
    const auto& [replicas, shape, in, dweight, dbias, gradient] = args;
    const char* const name = args.name;
    GemmShape outer;
    outer.m = shape.out, outer.n = shape.middle, outer.k = shape.in;
    outer.transpose_b = true;
    outer.lda = outer.ldb = shape.in, outer.ldc = shape.outer_stride;
    outer.beta = 1;
    gemms_.run(replicas, outer, dweight, in.inner_weight, {}, gradient.outer_weight, name);
    GemmShape inner;
    inner.m = shape.middle, inner.n = shape.in, inner.k = shape.out;
    inner.transpose_a = true;
    inner.lda = shape.outer_stride, inner.ldb = inner.ldc = shape.in;
    inner.beta = 1;
    gemms_.run(replicas, inner, in.outer_weight, dweight, {}, gradient.inner_weight, name);
    const int width = outer_vector_width(shape, in.outer_weight, in.inner_bias,
                                         gradient.outer_weight, gradient.inner_bias);
    with_vectors(width, [&](auto v) {
        // Few columns a block: a product with one vector has no other work to spread over blocks.
        constexpr int most_lanes = warp_size / v();
        const int vectors = shape.middle / v(), lanes = std::min(most_lanes, row_lanes(vectors));
        launch({.grid = dim3(1, static_cast<unsigned>(ceil_div(vectors, lanes)),
                             static_cast<unsigned>(replicas)),
                .block =
                    dim3(static_cast<unsigned>(lanes), static_cast<unsigned>(tile_threads / lanes)),
                .stream = stream(),
                .name = name,
                .shared_bytes = block_rows_bytes<v()>()},
               decompose_bias_kernel<v()>, shape, in, dbias, gradient);
    });
}

}  // namespace manygpcm::kernels::cuda
