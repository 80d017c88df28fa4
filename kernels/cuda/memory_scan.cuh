// What both passes of the memory scan are made of. One warp walks a sequence with a tile of the
// memory in its registers: lanes share the slots and the columns, so that addresses, erasures and
// additions are each loaded once for a rectangle of cells. The rows of coming steps are copied into
// shared memory while those at hand are used. The memory is stored every 8 steps.
#pragma once

#include <cuda_pipeline_primitives.h>

#include <algorithm>

#include "cuda_device.h"
#include "launch.h"
#include "rows.cuh"
#include "vectors.cuh"

namespace manygpcm::kernels::cuda::memory_scan {

// Steps between checkpoints. 16 would halve what is written of them, but what the backward pass
// keeps of a segment would leave a multiprocessor room for 6 warps instead of 8: 23.6 ms, not 17.5,
// for 250 replicas of the published best's sizes on an H200; with 4 the forward pass loses what it
// gains.
constexpr int segment_steps = 8;
constexpr int quad = 4;  // steps between the memories that the backward pass keeps
constexpr int quads = segment_steps / quad;
constexpr int lane_columns = 4;

/// How a warp's lanes share a tile: lane_slots cells down and lane_columns across each.
template <int lane_slots_, int slot_lanes_>
struct Tile {
    static constexpr int lane_slots = lane_slots_, slot_lanes = slot_lanes_;
    static constexpr int column_lanes = warp_size / slot_lanes;
    static constexpr int slots = lane_slots * slot_lanes, columns = column_lanes * lane_columns;
    static constexpr int floats = slots * columns;

    /// Floats of a step's rows in shared memory: `arrays` rows of this tile's columns, the address.
    static constexpr int record(int arrays) { return arrays * columns + slots; }
};

struct ScanArguments {
    MemoryScanShape shape;
    MemoryScanInput<float> in;
    Rows sequences;
    int first_replica, first_slot;  ///< of this launch
    int tiles;                      ///< of columns
    int slot_tiles;

    /// Floats of a whole memory, tile by tile.
    template <class T>
    __host__ __device__ std::size_t memory_floats() const {
        return static_cast<std::size_t>(slot_tiles) * static_cast<std::size_t>(tiles) * T::floats;
    }
};

/// One replica's arrays, and this lane's place in the tile.
template <class T>
struct Lane {
    int replica, tile, first_slot, slots;  ///< slots of the memory, from this launch's first on
    int slot, column;                      ///< first of this lane; slots are slot_lanes apart
    int columns;                           ///< of this lane that exist
    int value_dim, slot_stride;
    const std::int32_t *offsets, *address_row, *value_row;
    const float *address, *erase, *add, *initial_value;
    bool wide_address, wide_values;  ///< whether rows can be copied 16 bytes at a time

    __device__ Lane(const ScanArguments& scan, int block_tile) {
        const int lane = static_cast<int>(threadIdx.x);
        replica = scan.first_replica + static_cast<int>(blockIdx.z);
        tile = block_tile;
        first_slot = scan.first_slot;
        slot_stride = scan.shape.slots;
        value_dim = scan.shape.value_dim;
        slots = min(T::slots, slot_stride - first_slot);
        slot = lane % T::slot_lanes;
        column = tile * T::columns + lane / T::slot_lanes * lane_columns;
        columns = max(0, min(lane_columns, value_dim - column));
        offsets = scan.in.offsets[replica];
        address_row = scan.in.address_row[replica];
        value_row = scan.in.value_row[replica];
        address = scan.in.address[replica] + first_slot;
        erase = scan.in.erase[replica];
        add = scan.in.add[replica];
        initial_value = scan.in.initial_value[replica];
        wide_address = slot_stride % 4 == 0 && aligned(address);
        wide_values = value_dim % 4 == 0 && aligned(erase) && aligned(add);
    }

    __device__ static bool aligned(const float* array) {
        return reinterpret_cast<std::uintptr_t>(array) % sizeof(Floats<4>) == 0;
    }
    __device__ int cell(int j) const {
        return (first_slot + slot + j * T::slot_lanes) * value_dim + column;
    }
    __device__ bool has_slot(int j) const { return slot + j * T::slot_lanes < slots; }
};

/// The memory, or its gradient, in a lane's registers.
template <class T>
using Cells = float[T::lane_slots][lane_columns];

/// From [slots, value_dim]; what lies outside is zero.
template <class T>
__device__ void load_initial(const Lane<T>& lane, Cells<T>& cells) {
#pragma unroll
    for (int j = 0; j < T::lane_slots; ++j)
#pragma unroll
        for (int c = 0; c < lane_columns; ++c)
            cells[j][c] =
                lane.has_slot(j) && c < lane.columns ? lane.initial_value[lane.cell(j) + c] : 0;
}

/// Where a tile's piece of memory number `number` lies in an array of whole memories, each kept
/// tile by tile and in a tile as the lanes hold it: padded, but read and written 16 bytes at a time
/// whatever the shape.
template <class T>
__device__ std::size_t piece_at(const ScanArguments& scan, const Lane<T>& lane,
                                std::size_t number) {
    return ((number * scan.slot_tiles + lane.first_slot / T::slots) * scan.tiles + lane.tile) *
           T::floats;
}

/// The number of a checkpoint. The first memory is the same for all sequences; the other segments
/// of all sequences before are at most as many as their steps hold whole segments.
template <class T>
__device__ std::size_t checkpoint(const Lane<T>& lane, int sequence, int segment) {
    return segment == 0 ? 0
                        : static_cast<std::size_t>(lane.offsets[sequence] / segment_steps) +
                              static_cast<std::size_t>(segment);
}

template <class T>
__device__ void load_piece(const float* from, Cells<T>& cells) {
    const bool wide = Lane<T>::aligned(from);
#pragma unroll
    for (int j = 0; j < T::lane_slots; ++j) {
        const float* row = from + (j * warp_size + threadIdx.x) * lane_columns;
        Floats<4> value;
        if (wide)
            value = load<4>(row);
        else
            for (int c = 0; c < lane_columns; ++c)
                value.at[c] = row[c];
#pragma unroll
        for (int c = 0; c < lane_columns; ++c)
            cells[j][c] = value.at[c];
    }
}

template <class T>
__device__ void store_piece(const Cells<T>& cells, float* to) {
    const bool wide = Lane<T>::aligned(to);
#pragma unroll
    for (int j = 0; j < T::lane_slots; ++j) {
        float* row = to + (j * warp_size + threadIdx.x) * lane_columns;
        const Floats<4> value{{cells[j][0], cells[j][1], cells[j][2], cells[j][3]}};
        if (wide)
            store(row, value);
        else
            for (int c = 0; c < lane_columns; ++c)
                row[c] = value.at[c];
    }
}

__device__ inline void copy_float(float* to, const float* from) {
    __pipeline_memcpy_async(to, from, sizeof(float));
}
__device__ inline void copy_vector(float* to, const float* from) {
    __pipeline_memcpy_async(to, from, sizeof(Floats<4>));
}

/// Copies the rows of steps to shared memory, asynchronously. A record holds a tile's columns of
/// erase, add and, in the backward pass, dread, then the address.
template <class T, int arrays>
class StepCopies {
  public:
    static constexpr int size = T::record(arrays);
    static_assert(arrays * T::column_lanes <= warp_size);

    __device__ StepCopies(const Lane<T>& lane, const float* dread) : lane_(lane) {
        // A group of column_lanes lanes copies one array's columns.
        const int thread = static_cast<int>(threadIdx.x), group = thread / T::column_lanes;
        const int tile_column = thread % T::column_lanes * lane_columns;
        const int column = lane.tile * T::columns + tile_column;
        columns_ = group < arrays ? max(0, min(lane_columns, lane.value_dim - column)) : 0;
        by_step_ = group == 2;
        const float* array = group == 0 ? lane.erase : group == 1 ? lane.add : dread;
        from_ = columns_ > 0 ? array + column : nullptr;
        to_ = group * T::columns + tile_column;
        wide_ = lane.wide_values && (arrays == 2 || Lane<T>::aligned(dread));
    }

    /// Zeroes `records` records: what the copies leave out, columns and slots that don't exist.
    __device__ void clear(float* shared, int records) const {
        for (int i = static_cast<int>(threadIdx.x); i < records * size; i += warp_size)
            shared[i] = 0;
    }

    /// The row numbers of up to 32 steps from `first` on, one a lane.
    struct RowNumbers {
        int address = 0, value = 0;
    };
    __device__ RowNumbers row_numbers(int first, int end) const {
        const int step = first + static_cast<int>(threadIdx.x);
        if (step >= end) return {};
        return {lane_.address_row[step], lane_.value_row ? lane_.value_row[step] : step};
    }

    /// @param number of the step among those of `rows`
    __device__ void copy(const RowNumbers& rows, int number, int step, float* record) const {
        const int address_row = __shfl_sync(all_lanes, rows.address, number);
        const int value_row = __shfl_sync(all_lanes, rows.value, number);
        const float* address = lane_.address + std::ptrdiff_t{address_row} * lane_.slot_stride;
        float* to_address = record + arrays * T::columns;
        const int thread = static_cast<int>(threadIdx.x);
        if (lane_.wide_address) {
            for (int i = thread * 4; i < lane_.slots; i += warp_size * 4)
                copy_vector(to_address + i, address + i);
        } else {
            for (int i = thread; i < lane_.slots; i += warp_size)
                copy_float(to_address + i, address + i);
        }
        if (columns_ == 0) return;
        const float* from = from_ + std::ptrdiff_t{by_step_ ? step : value_row} * lane_.value_dim;
        if (wide_)
            copy_vector(record + to_, from);
        else
            for (int c = 0; c < columns_; ++c)
                copy_float(record + to_ + c, from + c);
    }

  private:
    const Lane<T>& lane_;
    const float* from_;
    int to_, columns_;
    bool by_step_, wide_;
};

/// This lane's part of a record.
template <class T>
__device__ Floats<4> record_columns(const float* record, int array) {
    return load<4>(record + array * T::columns +
                   static_cast<int>(threadIdx.x) / T::slot_lanes * lane_columns);
}
template <class T, int arrays>
__device__ float record_address(const float* record, int j) {
    return record[arrays * T::columns + static_cast<int>(threadIdx.x) % T::slot_lanes +
                  j * T::slot_lanes];
}

/// M (1 - w e) + w a
__device__ inline float written(float memory, float w, float e, float a) {
    return fmaf(w, fmaf(-e, memory, a), memory);
}

/// Sums x [n] over the lanes that differ in the bits from `high` down to `low`, and leaves each of
/// them `count` of the sums from number `first` on. Half of what is left is exchanged at each bit,
/// so that all takes little more than n shuffles.
struct Share {
    int first, count;
};
template <int n, int high, int low>
__device__ void share_sums(float* x, Share& share) {
    if constexpr (high >= low) {
        constexpr int half = (n + 1) / 2;
        const bool upper = (threadIdx.x & high) != 0;
#pragma unroll
        for (int j = 0; j < half; ++j) {
            const float a = x[j], b = j + half < n ? x[j + half] : 0;
            x[j] = (upper ? b : a) + __shfl_xor_sync(all_lanes, upper ? a : b, high);
        }
        share.first += upper ? half : 0;
        share.count = upper ? max(share.count - half, 0) : min(share.count, half);
        share_sums<half, high / 2, low>(x, share);
    }
}
/// How many of n sums a lane has left, at most.
template <int n, int high, int low>
constexpr int most_shared() {
    if constexpr (high >= low)
        return most_shared<(n + 1) / 2, high / 2, low>();
    else
        return n;
}

/// Sums of a value for every column over the lanes that share the slots, and then
/// store(column of the lane, sum) in one of them.
template <class T, class Store>
__device__ void sum_slots(const Lane<T>& lane, float (&x)[lane_columns], Store store_sum) {
    Share share{0, lane.columns};
    share_sums<lane_columns, T::slot_lanes / 2, 1>(x, share);
#pragma unroll
    for (int i = 0; i < most_shared<lane_columns, T::slot_lanes / 2, 1>(); ++i)
        if (i < share.count) store_sum(share.first + i, x[i]);
}

/// Which tile suits a number of slots: the fewest cells that hold them, or the largest.
template <class Body>
void with_tile(int slots, Body body) {
    if (slots <= 20)
        body(Tile<5, 4>());
    else if (slots <= 32)
        body(Tile<8, 4>());
    else if (slots <= 52)
        body(Tile<13, 4>());
    else if (slots <= 64)
        body(Tile<8, 8>());
    else if (slots <= 104)
        body(Tile<13, 8>());
    else if (slots <= 208)
        body(Tile<13, 16>());
    else
        body(Tile<8, 32>());
}

template <class T>
ScanArguments arguments(const MemoryScanShape& shape, const MemoryScanInput<float>& in,
                        Rows sequences) {
    return {.shape = shape,
            .in = in,
            .sequences = sequences,
            .first_replica = 0,
            .first_slot = 0,
            .tiles = ceil_div(shape.value_dim, T::columns),
            .slot_tiles = ceil_div(shape.slots, T::slots)};
}

}  // namespace manygpcm::kernels::cuda::memory_scan
