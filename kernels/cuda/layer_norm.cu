// cuDNN's layer norm has one gain and one bias a call, so a cohort would need a call for every
// replica, and it knows no relu. Here the lanes of a row sum over it: a warp, or a part of one
// where a row is short. A row is read three times; after the first, from the cache.
#include "columns.cuh"
#include "cuda_device.h"
#include "reductions.cuh"

namespace manygpcm::kernels::cuda {
namespace {

/// As for_tile_rows, but the block's threads run body(row, is a row) together, so that lanes can
/// exchange values in it.
template <class Body>
__device__ void for_tile_rows_together(int capacity, Body body) {
    const int block_rows = static_cast<int>(blockDim.y);
    const int first = static_cast<int>(blockIdx.x) * block_rows * tile_thread_rows +
                      static_cast<int>(threadIdx.y);
    for (int i = 0; i < tile_thread_rows; ++i) {
        const int row = first + i * block_rows;
        body(row, row < capacity);
    }
}

template <int V>
__global__ void __launch_bounds__(tile_threads)
    norm_forward_kernel(Rows rows, LayerNormShape shape, PerReplica<const float> x,
                        PerReplica<const float> gain, PerReplica<const float> bias,
                        PerReplica<float> y, PerReplica<float> statistics) {
    const int replica = static_cast<int>(blockIdx.z), lanes = static_cast<int>(blockDim.x);
    const int width = shape.width, first = static_cast<int>(threadIdx.x) * V;
    const float per_column = 1.0f / static_cast<float>(width);
    for_tile_rows_together(rows.capacity, [&](int row, bool is_row) {
        const std::ptrdiff_t at = std::ptrdiff_t{row} * width;
        const int end = is_row ? width : 0;
        float sum = 0;
        for (int j = first; j < end; j += lanes * V) {
            const Floats<V> value = load<V>(x[replica] + at + j);
            for (int i = 0; i < V; ++i)
                sum += value.at[i];
        }
        const float mean = lanes_sum(sum, lanes) * per_column;
        float squares = 0;
        for (int j = first; j < end; j += lanes * V) {
            const Floats<V> value = load<V>(x[replica] + at + j);
            for (int i = 0; i < V; ++i)
                squares += (value.at[i] - mean) * (value.at[i] - mean);
        }
        const float variance = lanes_sum(squares, lanes) * per_column;
        const float inverse = 1 / sqrtf(variance + static_cast<float>(layer_norm_epsilon));
        for (int j = first; j < end; j += lanes * V) {
            Floats<V> value = load<V>(x[replica] + at + j);
            const Floats<V> scale = load<V>(gain[replica] + j), shift = load<V>(bias[replica] + j);
            for (int i = 0; i < V; ++i) {
                value.at[i] = (value.at[i] - mean) * inverse * scale.at[i] + shift.at[i];
                if (shape.relu) value.at[i] = fmaxf(value.at[i], 0);
            }
            store(y[replica] + at + j, value);
        }
        if (is_row && threadIdx.x == 0) {
            statistics[replica][std::ptrdiff_t{row} * 2] = mean;
            statistics[replica][std::ptrdiff_t{row} * 2 + 1] = inverse;
        }
    });
}

/// With n = (x - mean) inverse and g = dy gain: dx = inverse (g - mean(g) - n mean(g n)). Threads
/// of a block that have the same columns (threadIdx.x) sum the gradients of gain and bias side by
/// side in shared memory [block rows, 2, width].
template <int V>
__global__ void __launch_bounds__(tile_threads)
    norm_backward_kernel(Rows rows, LayerNormShape shape, PerReplica<const float> x,
                         PerReplica<const float> gain, PerReplica<const float> y,
                         PerReplica<const float> statistics, PerReplica<const float> dy,
                         PerReplica<float> dx, Write dx_write, float* partial) {
    const int replica = static_cast<int>(blockIdx.z), lanes = static_cast<int>(blockDim.x);
    const int width = shape.width, first = static_cast<int>(threadIdx.x) * V;
    const float per_column = 1.0f / static_cast<float>(width);
    const int n_rows = rows[replica];
    float* const dgain = block_shared<float>() + static_cast<int>(threadIdx.y) * 2 * width;
    float* const dbias = dgain + width;
    for (int j = first; j < width; j += lanes * V) {
        store(dgain + j, zeros<V>());
        store(dbias + j, zeros<V>());
    }
    for_tile_rows_together(rows.capacity, [&](int row, bool is_row) {
        const std::ptrdiff_t at = std::ptrdiff_t{row} * width;
        const int end = row < n_rows ? width : 0;
        float mean = 0, inverse = 0;
        if (row < n_rows) {
            mean = statistics[replica][std::ptrdiff_t{row} * 2];
            inverse = statistics[replica][std::ptrdiff_t{row} * 2 + 1];
        }
        /// The gradient before the relu, and n, of columns j...
        const auto read = [&](int j, Floats<V>& grad, Floats<V>& normal) {
            grad = load<V>(dy[replica] + at + j);
            normal = load<V>(x[replica] + at + j);
            for (int i = 0; i < V; ++i)
                normal.at[i] = (normal.at[i] - mean) * inverse;
            if (!shape.relu) return;
            const Floats<V> value = load<V>(y[replica] + at + j);
            for (int i = 0; i < V; ++i)
                if (!(value.at[i] > 0)) grad.at[i] = 0;
        };
        float sum_grad = 0, sum_product = 0;
        for (int j = first; j < end; j += lanes * V) {
            Floats<V> grad, normal;
            read(j, grad, normal);
            const Floats<V> scale = load<V>(gain[replica] + j);
            Floats<V> to_gain = load<V>(dgain + j), to_bias = load<V>(dbias + j);
            for (int i = 0; i < V; ++i) {
                sum_grad += grad.at[i] * scale.at[i];
                sum_product += grad.at[i] * scale.at[i] * normal.at[i];
                to_gain.at[i] += grad.at[i] * normal.at[i];
                to_bias.at[i] += grad.at[i];
            }
            store(dgain + j, to_gain);
            store(dbias + j, to_bias);
        }
        const float mean_grad = lanes_sum(sum_grad, lanes) * per_column;
        const float mean_product = lanes_sum(sum_product, lanes) * per_column;
        for (int j = first; j < end; j += lanes * V) {
            Floats<V> grad, normal;
            read(j, grad, normal);
            const Floats<V> scale = load<V>(gain[replica] + j);
            for (int i = 0; i < V; ++i)
                grad.at[i] =
                    inverse * (grad.at[i] * scale.at[i] - mean_grad - normal.at[i] * mean_product);
            if (dx_write == Write::add) {
                const Floats<V> old = load<V>(dx[replica] + at + j);
                for (int i = 0; i < V; ++i)
                    grad.at[i] += old.at[i];
            }
            store(dx[replica] + at + j, grad);
        }
        if (is_row && row >= n_rows && dx_write == Write::replace)
            for (int j = first; j < width; j += lanes * V)
                store(dx[replica] + at + j, zeros<V>());
    });
    __syncthreads();
    const int thread = static_cast<int>(threadIdx.y) * lanes + static_cast<int>(threadIdx.x);
    const int threads = lanes * static_cast<int>(blockDim.y);
    float* const sums = partial_sums(partial, 2, 0, width);
    for (int i = thread; i < 2 * width; i += threads) {
        float sum = 0;
        for (int row = 0; row < static_cast<int>(blockDim.y); ++row)
            sum += block_shared<float>()[row * 2 * width + i];
        sums[i] = sum;
    }
}

}  // namespace

void CudaDevice::run(const LayerNormForward<float>& args) {
    const auto& [rows, shape, x, gain, bias, y, statistics] = args;
    with_vectors(vector_width(shape.width, x, gain, bias, y), [&](auto v) {
        Tiles tiles = make_tiles(rows, shape.width, v());
        tiles.grid.y = 1;  // a row's lanes go over all of it
        launch({.grid = tiles.grid, .block = tiles.block, .stream = stream(), .name = args.name},
               norm_forward_kernel<v()>, rows, shape, x, gain, bias, y, statistics);
    });
}

void CudaDevice::run(const LayerNormBackward<float>& args) {
    const auto& [rows, shape, x, gain, y, statistics, dy, dx, dx_write, dgain, dbias] = args;
    const char* const name = args.name;
    const std::size_t row_bytes = sizeof(float) * 2 * static_cast<std::size_t>(shape.width);
    const auto most_rows = static_cast<unsigned>(default_shared_bytes / row_bytes);
    if (most_rows == 0)
        throw Unsupported(std::string(name) + ": rows of " + std::to_string(shape.width) +
                          " columns are too wide, the most is " +
                          std::to_string(default_shared_bytes / (sizeof(float) * 2)));
    with_vectors(vector_width(shape.width, x, gain, y, dy, dx), [&](auto v) {
        const Tiles tiles = make_tiles(rows, shape.width, v(), static_cast<int>(most_rows));
        float* const partial = workspace<float>(partial_size(tiles, 2, shape.width));
        launch({.grid = dim3(tiles.grid.x, 1, tiles.grid.z),
                .block = tiles.block,
                .stream = stream(),
                .name = name,
                .shared_bytes = row_bytes * tiles.block.y},
               norm_backward_kernel<v()>, rows, shape, x, gain, y, statistics, dy, dx, dx_write,
               partial);
        add_partial_sums(stream(), name, rows.replicas, tiles.chunks(), shape.width, partial, dgain,
                         dbias);
    });
}

}  // namespace manygpcm::kernels::cuda
