// What both passes of attention are made of. A block takes 64 queries (or keys) of one head and
// sequence and walks the others' tiles in shared memory.
#pragma once

#include <cmath>
#include <string>

#include "cuda_device.h"
#include "launch.h"
#include "manygpcm/kernels/philox.h"
#include "reductions.cuh"
#include "rows.cuh"
#include "vectors.cuh"

namespace manygpcm::kernels::cuda::attention {

constexpr int lane_rows = 2;                       // rows, queries or keys, that a lane works on
constexpr int block_rows = lane_rows * warp_size;  // of a block
constexpr int tile_rows = 32;                      // of the other side, in shared memory at once
constexpr int key_group = 8;                       // keys that one Philox counter decides on

/// How a head's columns are spread: `lanes` neighbouring lanes share a row, four columns in turns.
template <int lanes_, int lane_columns_>
struct HeadShape {
    static constexpr int lanes = lanes_, lane_columns = lane_columns_;
    static constexpr int columns = lanes * lane_columns, threads = warp_size * lanes;
    static constexpr int vectors = lane_columns / 4;
    /// Blocks that a multiprocessor has registers for. More would make rows of 16 columns spill.
    static constexpr int blocks = (lane_columns <= 8 ? 640 : 256) / threads;
};

struct AttentionArguments {
    AttentionShape shape;
    Rows sequences;
    RowIndex offsets;
    const DropoutKey* keys;       ///< null: no dropout
    std::uint32_t threshold;      ///< halves of words below this are dropped
    float factor;                 ///< of what is kept
    float scale;                  ///< of the scores
    PerReplica<const float> qkv;  ///< [steps, 3 width]
    bool wide;                    ///< whether all arrays allow 16 bytes at once
};

/// Where a block stands.
struct Place {
    int replica, head, size;
    int begin, steps;  ///< of the sequence; 0 steps: nothing to do
    int first;         ///< of the block's rows, in the sequence

    /// Sequences take the blocks behind each other: those before step `begin` of sequence s number
    /// at most begin / block_rows + s.
    __device__ explicit Place(const AttentionArguments& in)
        : replica(static_cast<int>(blockIdx.z)),
          head(static_cast<int>(blockIdx.y)),
          size(in.shape.width / in.shape.heads),
          begin(0),
          steps(0),
          first(0) {
        const std::int32_t* offsets = in.offsets[replica];
        const int block = static_cast<int>(blockIdx.x), count = in.sequences[replica];
        if (count == 0) return;
        int low = 0, high = count;
        while (high - low > 1) {
            const int middle = (low + high) / 2;
            (offsets[middle] / block_rows + middle <= block ? low : high) = middle;
        }
        begin = offsets[low];
        first = (block - begin / block_rows - low) * block_rows;
        steps = first < offsets[low + 1] - begin ? offsets[low + 1] - begin : 0;
    }
};

/// This lane's columns of a row.
template <class H>
struct LaneRow {
    Floats<4> at[H::vectors];

    __device__ void clear() {
#pragma unroll
        for (int i = 0; i < H::vectors; ++i)
            at[i] = zeros<4>();
    }
    __device__ static int column(int i) {
        return 4 * (static_cast<int>(threadIdx.x) % H::lanes + H::lanes * i);
    }
    /// @param row in global memory  @param size columns that exist; the others become zero
    __device__ void load_row(const float* row, int size, bool wide) {
#pragma unroll
        for (int i = 0; i < H::vectors; ++i)
            at[i] = load_columns(row, column(i), size, wide);
    }
    __device__ static Floats<4> load_columns(const float* row, int first, int size, bool wide) {
        Floats<4> x = zeros<4>();
        if (wide) {
            if (first < size) x = load<4>(row + first);
        } else {
#pragma unroll
            for (int k = 0; k < 4; ++k)
                if (first + k < size) x.at[k] = row[first + k];
        }
        return x;
    }
    __device__ void load_shared(const float* row) {
#pragma unroll
        for (int i = 0; i < H::vectors; ++i)
            at[i] = load<4>(row + column(i));
    }
    __device__ void store_row(float* row, int size, bool wide) const {
#pragma unroll
        for (int i = 0; i < H::vectors; ++i) {
            const int first = column(i);
            if (wide) {
                if (first < size) store(row + first, at[i]);
            } else {
#pragma unroll
                for (int k = 0; k < 4; ++k)
                    if (first + k < size) row[first + k] = at[i].at[k];
            }
        }
    }
    __device__ void multiply(float by) {
#pragma unroll
        for (int i = 0; i < H::vectors; ++i)
#pragma unroll
            for (int k = 0; k < 4; ++k)
                at[i].at[k] *= by;
    }
    /// += by row
    __device__ void add(float by, const LaneRow& row) {
#pragma unroll
        for (int i = 0; i < H::vectors; ++i)
#pragma unroll
            for (int k = 0; k < 4; ++k)
                at[i].at[k] = fmaf(by, row.at[i].at[k], at[i].at[k]);
    }
    /// This lane's part of the product.
    __device__ float dot(const LaneRow& other) const {
        float sum = 0;
#pragma unroll
        for (int i = 0; i < H::vectors; ++i)
#pragma unroll
            for (int k = 0; k < 4; ++k)
                sum = fmaf(at[i].at[k], other.at[i].at[k], sum);
        return sum;
    }
};

/// Rows first .. of a head's [steps, size], `stride` apart, to a tile [tile_rows][columns] in
/// shared memory; what doesn't exist becomes zero.
template <class H>
__device__ void load_tile(const float* from, std::size_t stride, int first, int steps, int size,
                          bool wide, float* tile) {
    constexpr int row_vectors = H::columns / 4;
    for (int i = static_cast<int>(threadIdx.x); i < tile_rows * row_vectors; i += H::threads) {
        const int row = i / row_vectors, column = i % row_vectors * 4;
        const Floats<4> x = first + row < steps
                                ? LaneRow<H>::load_columns(from + std::size_t(first + row) * stride,
                                                           column, size, wide)
                                : zeros<4>();
        store(tile + row * H::columns + column, x);
    }
}

/// The words that decide on the eight keys from `first_key` on, for the query of one step.
__device__ inline PhiloxCounter dropout_words(const AttentionArguments& in, int replica, int head,
                                              int step, int first_key) {
    const DropoutKey& key = in.keys[replica];
    return philox({static_cast<std::uint32_t>(first_key / key_group),
                   static_cast<std::uint32_t>(step) * static_cast<std::uint32_t>(in.shape.heads) +
                       static_cast<std::uint32_t>(head),
                   in.shape.dropout_use, key.step},
                  key.key);
}
__device__ inline PhiloxCounter dropout_words(const AttentionArguments& in, const Place& place,
                                              int query, int first_key) {
    return dropout_words(in, place.replica, place.head, place.begin + query, first_key);
}
__device__ inline std::uint32_t half_word(std::uint32_t word, bool upper) {
    return upper ? word >> 16 : word & 0xFFFFu;
}

/// Whether a query of the sequence sees a key of it.
__device__ inline bool sees(const AttentionArguments& in, const Place& place, int query, int key) {
    return key < place.steps && (!in.shape.causal || key <= query);
}
/// Where the keys end that any of the block's queries sees.
__device__ inline int end_of_keys(const AttentionArguments& in, const Place& place) {
    return in.shape.causal ? min(place.steps, place.first + block_rows) : place.steps;
}

/// The block's row of this lane, in the sequence.
template <class H>
__device__ int row_of_lane(const Place& place, int r) {
    return place.first + static_cast<int>(threadIdx.x) / H::lanes * lane_rows + r;
}

/// @throws Unsupported where heads are wider than any shape
template <class Body>
void with_head(const AttentionShape& shape, Body body) {
    const int size = shape.width / shape.heads;
    if (size <= 4)
        body(HeadShape<1, 4>());
    else if (size <= 8)
        body(HeadShape<1, 8>());
    else if (size <= 16)
        body(HeadShape<1, 16>());
    else if (size <= 32)
        body(HeadShape<2, 16>());
    else if (size <= 64)
        body(HeadShape<4, 16>());
    else if (size <= widest_gpu_head)
        body(HeadShape<8, 16>());
    else
        throw Unsupported("attention: heads of " + std::to_string(size) +
                          " columns; a GPU takes at most " + std::to_string(widest_gpu_head) +
                          " (embed_dim / n_heads)");
}

template <class... Arrays>
AttentionArguments arguments(const AttentionShape& shape, Rows sequences, RowIndex offsets,
                             const DropoutKey* keys, PerReplica<const float> qkv,
                             const Arrays&... others) {
    const bool dropout = keys && shape.dropout_rate > 0;
    // The upper halves of 32-bit words below which dropout.h drops.
    const auto threshold =
        dropout ? static_cast<std::uint32_t>(shape.dropout_rate * 4294967296.0) >> 16 : 0;
    return {.shape = shape,
            .sequences = sequences,
            .offsets = offsets,
            .keys = dropout ? keys : nullptr,
            .threshold = threshold,
            .factor = static_cast<float>(65536.0 / (65536.0 - threshold)),
            .scale = static_cast<float>(1 / std::sqrt(shape.width / shape.heads)),
            .qkv = qkv,
            .wide = shape.width / shape.heads % 4 == 0 &&
                    vector_width(shape.width, qkv, others...) == 4};
}

template <class H>
Launch blocks_of_rows(Rows sequences, Rows steps, const AttentionShape& shape, cudaStream_t stream,
                      const char* name) {
    const std::size_t floats = 2 * tile_rows * (H::columns + 1);  // two tiles, two numbers a row
    return {.grid = dim3(steps.capacity / block_rows + sequences.capacity, shape.heads,
                         sequences.replicas),
            .block = H::threads,
            .stream = stream,
            .name = name,
            .shared_bytes = floats * sizeof(float)};
}

}  // namespace manygpcm::kernels::cuda::attention
