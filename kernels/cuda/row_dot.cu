// Eight lanes share a row of the forward pass. Backward, x's gradient is one pass over its rows,
// the table's a sum for each of its rows over the list of those that went to it.
#include "columns.cuh"
#include "cuda_device.h"
#include "reductions.cuh"
#include "rows.cuh"

namespace manygpcm::kernels::cuda {
namespace {

constexpr int dot_lanes = 8;

template <int V>
__global__ void __launch_bounds__(row_threads)
    dot_kernel(Rows rows, int width, PerReplica<const float> x, PerReplica<const float> table,
               RowIndex row, PerReplica<float> y) {
    const int replica = static_cast<int>(blockIdx.z), thread = static_cast<int>(threadIdx.x);
    const int lane = thread % dot_lanes;
    const int mine = static_cast<int>(blockIdx.x) * (row_threads / dot_lanes) + thread / dot_lanes;
    const int at = min(mine, rows.capacity - 1);  // every lane takes part in the sums
    const float* const from = x[replica] + std::ptrdiff_t{at} * width;
    const float* const weight = table[replica] + std::ptrdiff_t{row[replica][at]} * width;
    float sum = 0;
    for (int i = lane * V; i < width; i += dot_lanes * V) {
        const Floats<V> value = load<V>(from + i), by = load<V>(weight + i);
#pragma unroll
        for (int k = 0; k < V; ++k)
            sum = fmaf(value.at[k], by.at[k], sum);
    }
    sum = lanes_sum(sum, dot_lanes);
    if (lane == 0 && mine < rows.capacity) y[replica][mine] = sum;
}

/// dx = or += dy table[row] where rows are, and 0 where they are replaced and aren't.
template <int V>
__global__ void __launch_bounds__(tile_threads)
    dot_backward_kernel(Rows rows, int width, PerReplica<const float> table, RowIndex row,
                        PerReplica<const float> dy, PerReplica<float> dx, Write write) {
    const int replica = static_cast<int>(blockIdx.z), column = tile_column<V>();
    const int n_rows = rows[replica];
    if (column >= width) return;
    for_tile_rows(write == Write::add ? n_rows : rows.capacity, [&](int i) {
        float* const at = dx[replica] + std::ptrdiff_t{i} * width + column;
        Floats<V> value = zeros<V>();
        if (i < n_rows) {
            value = load<V>(table[replica] + std::ptrdiff_t{row[replica][i]} * width + column);
            const float by = dy[replica][i];
            for (int k = 0; k < V; ++k)
                value.at[k] *= by;
        }
        if (write == Write::add) {
            const Floats<V> old = load<V>(at);
            for (int k = 0; k < V; ++k)
                value.at[k] += old.at[k];
        }
        store(at, value);
    });
}

/// What a row adds to the gradient of the table's row that it went to.
struct TableTerm {
    PerReplica<const float> x, dy;
    int width;

    __device__ float operator()(int replica, int row, int column) const {
        return dy[replica][row] * x[replica][std::ptrdiff_t{row} * width + column];
    }
};

}  // namespace

void CudaDevice::run(const RowDotForward<float>& args) {
    const auto& [rows, width, x, table, row, y] = args;
    with_vectors(vector_width(width, x, table), [&](auto v) {
        launch(
            {.grid = dim3(static_cast<unsigned>(ceil_div(rows.capacity, row_threads / dot_lanes)),
                          1, static_cast<unsigned>(rows.replicas)),
             .block = row_threads,
             .stream = stream(),
             .name = args.name},
            dot_kernel<v()>, rows, width, x, table, row, y);
    });
}

void CudaDevice::run(const RowDotBackward<float>& args) {
    const auto& [rows, table_rows, width, x, table, row, dy, dx, dx_write, dtable] = args;
    with_vectors(vector_width(width, table, dx), [&](auto v) {
        const Tiles tiles = make_tiles(rows, width, v());
        launch({.grid = tiles.grid, .block = tiles.block, .stream = stream(), .name = args.name},
               dot_backward_kernel<v()>, rows, width, table, row, dy, dx, dx_write);
    });
    const RowLists lists = list_rows(rows, table_rows.capacity, row, args.name);
    sum_rows(stream(), args.name, lists, 0, rows.replicas, width, TableTerm{x, dy, width},
             ArrayResult{dtable, width});
}

}  // namespace manygpcm::kernels::cuda
