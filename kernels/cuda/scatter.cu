// Rows added to rows of a table by their numbers, with the same bits every time: the rows are first
// listed by the table's row that they go to, in their own order, then each list is summed.
#include <algorithm>
#include <bit>

#include "columns.cuh"
#include "cuda_device.h"
#include "reductions.cuh"

namespace manygpcm::kernels::cuda {
namespace {

constexpr int list_threads = 1024;
constexpr int most_parts = list_threads / warp_size;
constexpr int sum_threads = 256, most_sum_threads = 1024;
constexpr int rows_of_thread = 8;  ///< that a thread sums, at least, before more share a list

/// Lanes whose `key`, below `keys`, is this one's, of those that are `valid`.
__device__ unsigned lanes_with_same(int key, int keys, bool valid) {
    unsigned same = __ballot_sync(all_lanes, valid);
    for (int bit = 1; bit < keys; bit *= 2) {
        const unsigned set = __ballot_sync(all_lanes, (key & bit) != 0);
        same &= (key & bit) != 0 ? set : ~set;
    }
    return same;
}

/// A stable counting sort, a block a replica. Every part counts its rows by where they go, all
/// counts are turned into places, and every part puts its rows there.
__global__ void __launch_bounds__(list_threads)
    list_rows_kernel(Rows rows, RowIndex index, RowLists lists) {
    const int replica = static_cast<int>(blockIdx.x), thread = static_cast<int>(threadIdx.x);
    const int lane = thread % warp_size, part = thread / warp_size;
    const int table_rows = lists.table_rows, parts = lists.parts;
    int* const cursor = lists.cursor[replica];
    const int part_rows = ceil_div(ceil_div(rows.capacity, parts), warp_size) * warp_size;
    const int first = part * part_rows;
    const int end = part < parts ? min(rows[replica], first + part_rows) : 0;

    for (int i = thread; i < parts * table_rows; i += list_threads)
        cursor[i] = 0;
    __syncthreads();
    for (int row = first + lane; row < end; row += warp_size)
        atomicAdd(&cursor[part * table_rows + index[replica][row]], 1);
    __syncthreads();

    int* const shared = block_shared<int>();
    int listed = 0;
    for (int base = 0; base < table_rows; base += list_threads) {
        const int table_row = base + thread;
        int size = 0;
        if (table_row < table_rows)
            for (int p = 0; p < parts; ++p)
                size += cursor[p * table_rows + table_row];
        const BlockScan scan = block_scan(size, shared);
        int place = listed + scan.before;
        if (table_row < table_rows) {
            lists.start[replica][table_row] = place;
            for (int p = 0; p < parts; ++p) {
                const int here = cursor[p * table_rows + table_row];
                cursor[p * table_rows + table_row] = place;
                place += here;
            }
        }
        listed += scan.total;
    }
    if (thread == 0) lists.start[replica][table_rows] = listed;
    __syncthreads();

    for (int base = first; base < end; base += warp_size) {
        const int row = base + lane;
        const bool valid = row < end;
        const int table_row = valid ? index[replica][row] : 0;
        const unsigned same = lanes_with_same(table_row, table_rows, valid);
        const unsigned before = same & ((1u << lane) - 1);
        int* const next = cursor + part * table_rows + table_row;
        const int place = valid ? *next : 0;
        __syncwarp();
        if (valid) {
            lists.list[replica][place + __popc(before)] = row;
            if (before == 0) *next = place + __popc(same);
        }
        __syncwarp();
    }
}

/// A block has x: vectors along a row, y: threads that share a list, z: rows of the table.
template <int V>
__global__ void __launch_bounds__(most_sum_threads)
    sum_lists_kernel(int width, RowLists lists, PerReplica<const float> from, PerReplica<float> to,
                     Write write) {
    const int replica = static_cast<int>(blockIdx.z), column = tile_column<V>();
    const int table_row = static_cast<int>(blockIdx.x * blockDim.z + threadIdx.z);
    const bool inside = table_row < lists.table_rows && column < width;
    Floats<V> sum = zeros<V>();
    if (inside) {
        const int end = lists.start[replica][table_row + 1];
        for (int i = lists.start[replica][table_row] + static_cast<int>(threadIdx.y); i < end;
             i += static_cast<int>(blockDim.y)) {
            const std::ptrdiff_t row = lists.list[replica][i];
            const Floats<V> value = load<V>(from[replica] + row * width + column);
            for (int j = 0; j < V; ++j)
                sum.at[j] += value.at[j];
        }
    }
    if (blockDim.y > 1)
        sum = sum_block_rows(
            sum, block_shared<float>() + threadIdx.z * blockDim.x * blockDim.y * unsigned{V});
    if (!inside || threadIdx.y != 0) return;
    float* const at = to[replica] + std::ptrdiff_t{table_row} * width + column;
    if (write == Write::add) {
        const Floats<V> old = load<V>(at);
        for (int j = 0; j < V; ++j)
            sum.at[j] += old.at[j];
    }
    store(at, sum);
}

/// Where the lists lie in `scratch`.
RowLists lists_in(Rows rows, int table_rows, int* scratch) {
    RowLists lists;
    lists.table_rows = table_rows;
    lists.parts = std::clamp(rows.capacity / std::max(1, table_rows), 1, most_parts);
    const std::ptrdiff_t start_size = table_rows + 1, list_size = rows.capacity;
    lists.start = {scratch, start_size};
    lists.list = {scratch + rows.replicas * start_size, list_size};
    lists.cursor = {scratch + rows.replicas * (start_size + list_size),
                    std::ptrdiff_t{lists.parts} * table_rows};
    return lists;
}

}  // namespace

std::size_t CudaDevice::row_lists_size(Rows rows, int table_rows) {
    const RowLists lists = lists_in(rows, table_rows, nullptr);
    return static_cast<std::size_t>(rows.replicas *
                                    (lists.start.stride + lists.list.stride + lists.cursor.stride));
}

RowLists CudaDevice::list_rows(Rows rows, int table_rows, RowIndex index, int* scratch,
                               const char* name) {
    const RowLists lists = lists_in(rows, table_rows, scratch);
    launch({.grid = dim3(static_cast<unsigned>(rows.replicas)),
            .block = dim3(list_threads),
            .stream = stream(),
            .name = name,
            .shared_bytes = sizeof(int) * most_parts},
           list_rows_kernel, rows, index, lists);
    return lists;
}

void CudaDevice::scatter_rows(Rows rows, int table_rows, int width, RowIndex index, In from, Out to,
                              Write write, const char* name) {
    const RowLists lists = list_rows(rows, table_rows, index, name);
    with_vectors(vector_width(width, from, to), [&](auto v) {
        const int vectors = width / v(), lanes = row_lanes(vectors);
        const unsigned per_thread =
            static_cast<unsigned>(rows.capacity / std::max(1, table_rows) / rows_of_thread);
        const int sharing = static_cast<int>(std::clamp<unsigned>(
            std::bit_floor(per_thread), 1u, static_cast<unsigned>(most_sum_threads / lanes)));
        const int block_tables = std::min(64, std::max(1, sum_threads / (lanes * sharing)));
        launch({.grid = dim3(static_cast<unsigned>(ceil_div(table_rows, block_tables)),
                             static_cast<unsigned>(ceil_div(vectors, lanes)),
                             static_cast<unsigned>(rows.replicas)),
                .block = dim3(static_cast<unsigned>(lanes), static_cast<unsigned>(sharing),
                              static_cast<unsigned>(block_tables)),
                .stream = stream(),
                .name = name,
                .shared_bytes = sizeof(float) * std::size_t(v() * lanes * sharing * block_tables)},
               sum_lists_kernel<v()>, width, lists, from, to, write);
    });
}

}  // namespace manygpcm::kernels::cuda
