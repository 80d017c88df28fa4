// What the sequence operations share about rows: zeros behind a replica's last row, and sums of the
// terms of all steps that use the same row.
#pragma once

#include "launch.h"
#include "manygpcm/kernels/replicas.h"

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

/// Sums over the steps of each row, in the order of the steps: result(replica, row, column) is the
/// sum of term(replica, step, column) over the steps with index[step] == row; 0 beyond a replica's
/// rows. A warp takes one row and up to 128 columns.
constexpr int sum_columns = 4;  ///< a lane

template <class Term, class Result>
static __global__ void __launch_bounds__(row_threads)
    sum_rows_kernel(Rows rows, Rows steps, int first_replica, RowIndex index, int columns,
                    Term term, Result result) {
    const int replica = first_replica + static_cast<int>(blockIdx.z);
    const int lane = static_cast<int>(threadIdx.x) % warp_size;
    const int row = static_cast<int>(blockIdx.x) * (row_threads / warp_size) +
                    static_cast<int>(threadIdx.x) / warp_size;
    if (row >= rows.capacity) return;
    const int first_column = static_cast<int>(blockIdx.y) * warp_size * sum_columns + lane;
    float sum[sum_columns] = {};
    const std::int32_t* const row_of = index[replica];
    const int end = row < rows[replica] ? steps[replica] : 0;
    for (int base = 0; base < end; base += warp_size) {
        const int mine = base + lane;
        unsigned found = __ballot_sync(all_lanes, mine < end && row_of[mine] == row);
        for (; found != 0; found &= found - 1) {
            const int step = base + __ffs(static_cast<int>(found)) - 1;
            for (int i = 0; i < sum_columns; ++i)
                if (const int column = first_column + i * warp_size; column < columns)
                    sum[i] += term(replica, step, column);
        }
    }
    for (int i = 0; i < sum_columns; ++i)
        if (const int column = first_column + i * warp_size; column < columns)
            result(replica, row, column, sum[i]);
}

/// @param replicas from first_replica on
template <class Term, class Result>
void sum_rows(cudaStream_t stream, const char* name, Rows rows, Rows steps, int first_replica,
              int replicas, RowIndex index, int columns, Term term, Result result) {
    launch({.grid = dim3(ceil_div(rows.capacity, row_threads / warp_size),
                         ceil_div(columns, warp_size * sum_columns), replicas),
            .block = row_threads,
            .stream = stream,
            .name = name},
           sum_rows_kernel<Term, Result>, rows, steps, first_replica, index, columns, term, result);
}

}  // namespace manygpcm::kernels::cuda
