// What the sequence operations share about rows: zeros behind a replica's last row, and sums of the
// terms of all steps that use the same row.
#pragma once

#include "launch.h"
#include "manygpcm/kernels/replicas.h"
#include "row_lists.h"

namespace manygpcm::kernels::cuda {

constexpr int row_threads = 128;

/// The sequence of a step: s with offsets[s] <= step < offsets[s + 1]. `offsets` [count + 1].
__device__ inline int sequence_of(const std::int32_t* offsets, int count, int step) {
    int low = 0, high = count;
    while (high - low > 1) {
        const int middle = (low + high) / 2;
        (offsets[middle] <= step ? low : high) = middle;
    }
    return low;
}

static __global__ void __launch_bounds__(row_threads)
    zero_rows_beyond_kernel(Rows rows, std::size_t width, PerReplica<float> array) {
    const int replica = static_cast<int>(blockIdx.z);
    const std::size_t end = static_cast<std::size_t>(rows.capacity) * width;
    const std::size_t stride = static_cast<std::size_t>(gridDim.x) * row_threads;
    for (std::size_t i = static_cast<std::size_t>(rows[replica]) * width +
                         blockIdx.x * std::size_t{row_threads} + threadIdx.x;
         i < end; i += stride)
        array[replica][i] = 0;
}

/// Zeroes the rows beyond every replica's count.
inline void zero_rows_beyond(cudaStream_t stream, Rows rows, int width, PerReplica<float> array) {
    constexpr int most_blocks = 16;  // few rows are beyond, as a rule
    const int blocks = min(most_blocks, ceil_div(rows.capacity, row_threads));
    launch({.grid = dim3(blocks, 1, rows.replicas),
            .block = row_threads,
            .stream = stream,
            .name = "zero_rows_beyond"},
           zero_rows_beyond_kernel, rows, static_cast<std::size_t>(width), array);
}

constexpr int sum_warps = row_threads / warp_size, sum_columns = row_threads;

/// A block takes one row and a column a thread; its warps take the row's steps in turns.
template <class Term, class Result>
static __global__ void __launch_bounds__(row_threads)
    sum_rows_kernel(RowLists lists, int first_replica, int columns, Term term, Result result) {
    const int replica = first_replica + static_cast<int>(blockIdx.z);
    const int row = static_cast<int>(blockIdx.x), thread = static_cast<int>(threadIdx.x);
    const int first_column = static_cast<int>(blockIdx.y) * sum_columns;
    const int lane_column = first_column + thread % warp_size;
    float* const sums = block_shared<float>();  // [sum_warps][sum_columns]
    float sum[sum_columns / warp_size] = {};
    const int end = lists.start[replica][row + 1];
    for (int i = lists.start[replica][row] + thread / warp_size; i < end; i += sum_warps) {
        const int step = lists.list[replica][i];
#pragma unroll
        for (int k = 0; k < sum_columns / warp_size; ++k)
            if (const int column = lane_column + k * warp_size; column < columns)
                sum[k] += term(replica, step, column);
    }
#pragma unroll
    for (int k = 0; k < sum_columns / warp_size; ++k)
        sums[thread / warp_size * sum_columns + k * warp_size + thread % warp_size] = sum[k];
    __syncthreads();
    if (first_column + thread >= columns) return;
    float total = 0;
    for (int warp = 0; warp < sum_warps; ++warp)
        total += sums[warp * sum_columns + thread];
    result(replica, row, first_column + thread, total);
}

/// result(replica, row, column, x), where x is the sum of term(replica, step, column) over the
/// steps that the row's list has, for all rows; for `replicas` replicas from first_replica on.
template <class Term, class Result>
void sum_rows(cudaStream_t stream, const char* name, const RowLists& lists, int first_replica,
              int replicas, int columns, Term term, Result result) {
    launch({.grid = dim3(static_cast<unsigned>(lists.table_rows),
                         static_cast<unsigned>(ceil_div(columns, sum_columns)),
                         static_cast<unsigned>(replicas)),
            .block = row_threads,
            .stream = stream,
            .name = name,
            .shared_bytes = sum_warps * sum_columns * sizeof(float)},
           sum_rows_kernel<Term, Result>, lists, first_replica, columns, term, result);
}

/// Sums that go to an array [table rows, width].
struct ArrayResult {
    PerReplica<float> array;
    int width;

    __device__ void operator()(int replica, int row, int column, float sum) const {
        array[replica][std::size_t(row) * width + column] = sum;
    }
};

}  // namespace manygpcm::kernels::cuda
