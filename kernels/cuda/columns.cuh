// How blocks are laid over [rows, width] arrays, and sums over the rows in two stages: every block
// sums the columns of its chunk of rows, then the chunks' sums are added in their order.
#pragma once

#include <algorithm>
#include <bit>

#include "launch.h"
#include "manygpcm/kernels/replicas.h"
#include "vectors.cuh"

namespace manygpcm::kernels::cuda {

constexpr int tile_threads = 256;
constexpr int tile_thread_rows = 8;  ///< of one thread

/// Blocks of `lanes` threads along a row, each with one vector of v columns, by `block.y` rows;
/// blockIdx is (chunk of rows, tile of columns, replica).
struct Tiles {
    dim3 block, grid;
    int chunk_rows = 0;

    int chunks() const { return static_cast<int>(grid.x); }
};

/// Lanes that a row of `vectors` vectors takes: a power of two up to a warp.
inline int row_lanes(int vectors) {
    return static_cast<int>(
        std::min<unsigned>(warp_size, std::bit_ceil(static_cast<unsigned>(vectors))));
}

/// @param most_block_rows where shared memory bounds them
inline Tiles make_tiles(Rows rows, int width, int v, int most_block_rows = tile_threads) {
    const int vectors = width / v, lanes = row_lanes(vectors);
    const int block_rows = static_cast<int>(
        std::bit_floor(static_cast<unsigned>(std::min(most_block_rows, tile_threads / lanes))));
    Tiles tiles;
    tiles.chunk_rows = block_rows * tile_thread_rows;
    tiles.block = dim3(static_cast<unsigned>(lanes), static_cast<unsigned>(block_rows));
    tiles.grid =
        dim3(static_cast<unsigned>(ceil_div(rows.capacity, tiles.chunk_rows)),
             static_cast<unsigned>(ceil_div(vectors, lanes)), static_cast<unsigned>(rows.replicas));
    return tiles;
}

/// The first column of this thread.
template <int V>
__device__ inline int tile_column() {
    return static_cast<int>(blockIdx.y * blockDim.x + threadIdx.x) * V;
}

/// body(row) for the rows of this thread, fewer than `capacity`.
template <class Body>
__device__ inline void for_tile_rows(int capacity, Body body) {
    const int block_rows = static_cast<int>(blockDim.y);
    const int first = static_cast<int>(blockIdx.x) * block_rows * tile_thread_rows;
    const int end = min(capacity, first + block_rows * tile_thread_rows);
    for (int row = first + static_cast<int>(threadIdx.y); row < end; row += block_rows)
        body(row);
}

/// Bytes of shared memory that sum_block_rows() needs for one array.
template <int V>
constexpr std::size_t block_rows_bytes() {
    return sizeof(float) * V * tile_threads;
}

/// The sum of `value` over the block's rows (threadIdx.y), for those with threadIdx.y 0. Every
/// thread must call it; `shared` is free again after the block's next barrier.
template <int V>
__device__ inline Floats<V> sum_block_rows(Floats<V> value, float* shared) {
    const int lanes = static_cast<int>(blockDim.x), rows = static_cast<int>(blockDim.y);
    const int lane = static_cast<int>(threadIdx.x), row = static_cast<int>(threadIdx.y);
    store(shared + (row * lanes + lane) * V, value);
    __syncthreads();
    if (row == 0)
        for (int other = 1; other < rows; ++other) {
            const Floats<V> add = load<V>(shared + (other * lanes + lane) * V);
            for (int i = 0; i < V; ++i)
                value.at[i] += add.at[i];
        }
    return value;
}

/// Where a chunk's sums go: partial [replicas, chunks, arrays, width].
__device__ inline float* partial_sums(float* partial, int arrays, int array, int width) {
    const std::size_t chunk = std::size_t{blockIdx.z} * gridDim.x + blockIdx.x;
    return partial + (chunk * std::size_t(arrays) + std::size_t(array)) * std::size_t(width);
}

/// Elements of `partial`.
inline std::size_t partial_size(const Tiles& tiles, int arrays, int width) {
    return std::size_t{tiles.grid.z} * tiles.grid.x * std::size_t(arrays) * std::size_t(width);
}

/// Adds the sums over chunks to one or two arrays [width].
void add_partial_sums(cudaStream_t stream, const char* name, int replicas, int chunks, int width,
                      const float* partial, PerReplica<float> first, PerReplica<float> second = {});

/// partial: sums of x [rows, width] over each chunk of rows.
template <int V>
static __global__ void __launch_bounds__(tile_threads)
    column_sums_kernel(Rows rows, int width, PerReplica<const float> x, float* partial) {
    const int replica = static_cast<int>(blockIdx.z), column = tile_column<V>();
    Floats<V> sum = zeros<V>();
    if (column < width)
        for_tile_rows(rows[replica], [&](int row) {
            const Floats<V> value = load<V>(x[replica] + std::ptrdiff_t{row} * width + column);
            for (int i = 0; i < V; ++i)
                sum.at[i] += value.at[i];
        });
    sum = sum_block_rows(sum, block_shared<float>());
    if (threadIdx.y == 0 && column < width) store(partial_sums(partial, 1, 0, width) + column, sum);
}

}  // namespace manygpcm::kernels::cuda
