// A block takes 64 queries of one head and sequence and walks the keys with the sums of the softmax
// corrected on the way (Milakov, Gimelshein 2018; Dao et al. 2022): no scores are stored. The
// backward pass recomputes the probabilities twice: once by blocks of queries for their gradients,
// once by blocks of keys for those of keys and values, so that every sum has one owner.
#include <cfloat>
#include <cmath>
#include <string>

#include "cuda_device.h"
#include "launch.h"
#include "manygpcm/kernels/philox.h"
#include "reductions.cuh"
#include "rows.cuh"
#include "vectors.cuh"

namespace manygpcm::kernels::cuda {
namespace {

constexpr int lane_rows = 2;                       // rows, queries or keys, that a lane works on
constexpr int block_rows = lane_rows * warp_size;  // of a block
constexpr int tile_rows = 32;                      // of the other side, in shared memory at once
constexpr int most_threads = 256;                  // of a block; registers for as many in any
constexpr int key_group = 8;                       // keys that one Philox counter decides on

/// How a head's columns are spread: `lanes` neighbouring lanes share a row, four columns in turns.
template <int lanes_, int lane_columns_>
struct HeadShape {
    static constexpr int lanes = lanes_, lane_columns = lane_columns_;
    static constexpr int columns = lanes * lane_columns, threads = warp_size * lanes;
    static constexpr int vectors = lane_columns / 4;
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

/// The words that decide on the eight keys from `first_key` on, for one query.
__device__ inline PhiloxCounter dropout_words(const AttentionArguments& in, const Place& place,
                                              int query, int first_key) {
    const DropoutKey& key = in.keys[place.replica];
    return philox({static_cast<std::uint32_t>(first_key / key_group),
                   static_cast<std::uint32_t>(place.begin + query) *
                           static_cast<std::uint32_t>(in.shape.heads) +
                       static_cast<std::uint32_t>(place.head),
                   in.shape.dropout_use, key.step},
                  key.key);
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

template <class H>
__global__ void __launch_bounds__(H::threads, most_threads / H::threads)
    attention_forward_kernel(AttentionArguments in, PerReplica<float> y,
                             PerReplica<float> log_sum_exp) {
    const Place place(in);
    if (place.steps == 0) return;
    const int width = in.shape.width, size = place.size;
    const std::size_t stride = 3 * std::size_t(width);
    const float* const q = in.qkv[place.replica] + place.begin * stride + place.head * size;
    float* const k_tile = block_shared<float>();  // [tile_rows][columns]
    float* const v_tile = k_tile + tile_rows * H::columns;

    LaneRow<H> query[lane_rows], sum[lane_rows];
    float largest[lane_rows], total[lane_rows];
#pragma unroll
    for (int r = 0; r < lane_rows; ++r) {
        query[r].clear();
        if (const int row = row_of_lane<H>(place, r); row < place.steps)
            query[r].load_row(q + row * stride, size, in.wide);
        query[r].multiply(in.scale);
        sum[r].clear();
        largest[r] = -FLT_MAX;
        total[r] = 0;
    }
    const int end = end_of_keys(in, place);
    for (int tile = 0; tile < end; tile += tile_rows) {
        __syncthreads();
        load_tile<H>(q + width, stride, tile, place.steps, size, in.wide, k_tile);
        load_tile<H>(q + 2 * width, stride, tile, place.steps, size, in.wide, v_tile);
        __syncthreads();
        for (int key = tile; key < min(end, tile + tile_rows); key += key_group) {
            const float* const k_rows = k_tile + (key - tile) * H::columns;
            const float* const v_rows = v_tile + (key - tile) * H::columns;
            float p[lane_rows][key_group];
#pragma unroll
            for (int j = 0; j < key_group; ++j) {
                LaneRow<H> row;
                row.load_shared(k_rows + j * H::columns);
#pragma unroll
                for (int r = 0; r < lane_rows; ++r) {
                    const float score = lanes_sum(query[r].dot(row), H::lanes);
                    p[r][j] = sees(in, place, row_of_lane<H>(place, r), key + j) ? score : -FLT_MAX;
                }
            }
#pragma unroll
            for (int r = 0; r < lane_rows; ++r) {
                float most = largest[r];
#pragma unroll
                for (int j = 0; j < key_group; ++j)
                    most = fmaxf(most, p[r][j]);
                const float correction = expf(largest[r] - most);
                largest[r] = most;
                total[r] *= correction;
                sum[r].multiply(correction);
#pragma unroll
                for (int j = 0; j < key_group; ++j) {
                    p[r][j] = expf(p[r][j] - most);
                    total[r] += p[r][j];
                }
                if (!in.keys) continue;
                const PhiloxCounter words = dropout_words(in, place, row_of_lane<H>(place, r), key);
#pragma unroll
                for (int j = 0; j < key_group; ++j)
                    p[r][j] *= half_word(words[j / 2], j % 2 == 1) >= in.threshold ? in.factor : 0;
            }
#pragma unroll
            for (int j = 0; j < key_group; ++j) {
                LaneRow<H> row;
                row.load_shared(v_rows + j * H::columns);
                // A value that isn't seen is not even multiplied by zero: it may be infinite.
#pragma unroll
                for (int r = 0; r < lane_rows; ++r)
                    if (sees(in, place, row_of_lane<H>(place, r), key + j))
                        sum[r].add(p[r][j], row);
            }
        }
    }
#pragma unroll
    for (int r = 0; r < lane_rows; ++r) {
        const int row = row_of_lane<H>(place, r);
        if (row >= place.steps) continue;
        const std::size_t step = static_cast<std::size_t>(place.begin + row);
        sum[r].multiply(1 / total[r]);
        sum[r].store_row(y[place.replica] + step * width + place.head * size, size, in.wide);
        if (threadIdx.x % H::lanes == 0)
            log_sum_exp[place.replica][step * in.shape.heads + place.head] =
                largest[r] + logf(total[r]);
    }
}

/// What the backward pass reads and writes beside the queries, keys and values.
struct AttentionGradient {
    PerReplica<const float> y, log_sum_exp, dy;
    PerReplica<float> delta;  ///< [steps, heads] dy . y
    PerReplica<float> dqkv;
};

/// The gradient of a score before scaling, p (dp - dy . y).
__device__ inline float score_slope(float p, float dp, float factor, float delta) {
    return p * fmaf(dp, factor, -delta);
}

/// The queries' gradients, and delta.
template <class H>
__global__ void __launch_bounds__(H::threads, most_threads / H::threads)
    attention_query_gradient_kernel(AttentionArguments in, AttentionGradient gradient) {
    const Place place(in);
    if (place.steps == 0) return;
    const int width = in.shape.width, size = place.size;
    const std::size_t stride = 3 * std::size_t(width);
    const std::size_t start = place.begin * stride + place.head * size;
    const float* const q = in.qkv[place.replica] + start;
    float* const k_tile = block_shared<float>();  // [tile_rows][columns]
    float* const v_tile = k_tile + tile_rows * H::columns;

    LaneRow<H> query[lane_rows], dy[lane_rows], dq[lane_rows];
    float log_sum_exp[lane_rows], delta[lane_rows];
#pragma unroll
    for (int r = 0; r < lane_rows; ++r) {
        const int row = row_of_lane<H>(place, r);
        const bool exists = row < place.steps;
        const std::size_t step = static_cast<std::size_t>(place.begin + row);
        const std::size_t at = step * width + place.head * size;
        const std::size_t of_head = step * in.shape.heads + place.head;
        query[r].clear();
        dy[r].clear();
        dq[r].clear();
        LaneRow<H> y;
        y.clear();
        if (exists) {
            query[r].load_row(q + row * stride, size, in.wide);
            dy[r].load_row(gradient.dy[place.replica] + at, size, in.wide);
            y.load_row(gradient.y[place.replica] + at, size, in.wide);
        }
        query[r].multiply(in.scale);
        log_sum_exp[r] = exists ? gradient.log_sum_exp[place.replica][of_head] : 0;
        delta[r] = lanes_sum(dy[r].dot(y), H::lanes);
        if (exists && threadIdx.x % H::lanes == 0)
            gradient.delta[place.replica][of_head] = delta[r];
    }
    const int end = end_of_keys(in, place);
    for (int tile = 0; tile < end; tile += tile_rows) {
        __syncthreads();
        load_tile<H>(q + width, stride, tile, place.steps, size, in.wide, k_tile);
        load_tile<H>(q + 2 * width, stride, tile, place.steps, size, in.wide, v_tile);
        __syncthreads();
        for (int key = tile; key < min(end, tile + tile_rows); key += key_group) {
            PhiloxCounter words[lane_rows] = {};
            if (in.keys)
#pragma unroll
                for (int r = 0; r < lane_rows; ++r)
                    words[r] = dropout_words(in, place, row_of_lane<H>(place, r), key);
#pragma unroll
            for (int j = 0; j < key_group; ++j) {
                LaneRow<H> k, v;
                k.load_shared(k_tile + (key - tile + j) * H::columns);
                v.load_shared(v_tile + (key - tile + j) * H::columns);
#pragma unroll
                for (int r = 0; r < lane_rows; ++r) {
                    const float score = lanes_sum(query[r].dot(k), H::lanes);
                    const float dp = lanes_sum(dy[r].dot(v), H::lanes);
                    if (!sees(in, place, row_of_lane<H>(place, r), key + j)) continue;
                    const bool kept =
                        !in.keys || half_word(words[r][j / 2], j % 2 == 1) >= in.threshold;
                    dq[r].add(score_slope(expf(score - log_sum_exp[r]), dp, kept ? in.factor : 0,
                                          delta[r]),
                              k);
                }
            }
        }
    }
#pragma unroll
    for (int r = 0; r < lane_rows; ++r) {
        const int row = row_of_lane<H>(place, r);
        if (row >= place.steps) continue;
        dq[r].multiply(in.scale);
        dq[r].store_row(gradient.dqkv[place.replica] + start + row * stride, size, in.wide);
    }
}

/// For four queries from `query` on and the lane's two keys, two bits a query: whether they are
/// kept. The eight keys that a counter decides on belong to four neighbouring groups of lanes; each
/// draws for one of the queries, and they exchange the words.
template <class H>
__device__ unsigned kept_keys(const AttentionArguments& in, const Place& place, int query) {
    static_assert(lane_rows == 2);
    const int member = static_cast<int>(threadIdx.x) / H::lanes % 4;
    const int first_key = row_of_lane<H>(place, 0) / key_group * key_group;
    const PhiloxCounter words = dropout_words(in, place, query + member, first_key);
    unsigned kept = 0;
#pragma unroll
    for (int r = 0; r < 4; ++r) {
        const int other = member ^ r;
        const std::uint32_t mine =
            other < 2 ? (other == 0 ? words[0] : words[1]) : (other == 2 ? words[2] : words[3]);
        const std::uint32_t word = __shfl_xor_sync(all_lanes, mine, r * H::lanes);
        const unsigned bits = (half_word(word, false) >= in.threshold ? 1u : 0u) |
                              (half_word(word, true) >= in.threshold ? 2u : 0u);
        kept |= bits << (2 * other);
    }
    return kept;
}

/// The keys' and the values' gradients.
template <class H>
__global__ void __launch_bounds__(H::threads, most_threads / H::threads)
    attention_key_gradient_kernel(AttentionArguments in, AttentionGradient gradient) {
    const Place place(in);
    if (place.steps == 0) return;
    const int width = in.shape.width, size = place.size, heads = in.shape.heads;
    const std::size_t stride = 3 * std::size_t(width);
    const std::size_t start = place.begin * stride + place.head * size;
    const std::size_t of_heads = static_cast<std::size_t>(place.begin) * heads + place.head;
    const float* const q = in.qkv[place.replica] + start;
    const float* const dy_rows = gradient.dy[place.replica] +
                                 static_cast<std::size_t>(place.begin) * width + place.head * size;
    float* const q_tile = block_shared<float>();  // [tile_rows][columns]
    float* const dy_tile = q_tile + tile_rows * H::columns;
    float* const log_sum_exp = dy_tile + tile_rows * H::columns;  // [tile_rows]
    float* const delta = log_sum_exp + tile_rows;

    LaneRow<H> k[lane_rows], v[lane_rows], dk[lane_rows], dv[lane_rows];
#pragma unroll
    for (int r = 0; r < lane_rows; ++r) {
        k[r].clear();
        v[r].clear();
        dk[r].clear();
        dv[r].clear();
        if (const int row = row_of_lane<H>(place, r); row < place.steps) {
            k[r].load_row(q + width + row * stride, size, in.wide);
            v[r].load_row(q + 2 * width + row * stride, size, in.wide);
        }
        k[r].multiply(in.scale);
    }
    for (int tile = in.shape.causal ? place.first : 0; tile < place.steps; tile += tile_rows) {
        __syncthreads();
        load_tile<H>(q, stride, tile, place.steps, size, in.wide, q_tile);
        load_tile<H>(dy_rows, static_cast<std::size_t>(width), tile, place.steps, size, in.wide,
                     dy_tile);
        if (const int i = static_cast<int>(threadIdx.x); i < tile_rows) {
            const bool exists = tile + i < place.steps;
            const std::size_t at = of_heads + static_cast<std::size_t>(tile + i) * heads;
            log_sum_exp[i] = exists ? gradient.log_sum_exp[place.replica][at] : 0;
            delta[i] = exists ? gradient.delta[place.replica][at] : 0;
        }
        __syncthreads();
        for (int four = 0; four < min(tile_rows, place.steps - tile); four += 4) {
            const unsigned kept = in.keys ? kept_keys<H>(in, place, tile + four) : ~0u;
#pragma unroll
            for (int u = 0; u < 4; ++u) {
                const int i = four + u, query = tile + i;
                LaneRow<H> q_row, dy_row;
                q_row.load_shared(q_tile + i * H::columns);
                dy_row.load_shared(dy_tile + i * H::columns);
#pragma unroll
                for (int r = 0; r < lane_rows; ++r) {
                    const float score = lanes_sum(q_row.dot(k[r]), H::lanes);
                    const float dp = lanes_sum(dy_row.dot(v[r]), H::lanes);
                    if (query >= place.steps || !sees(in, place, query, row_of_lane<H>(place, r)))
                        continue;
                    const float p = expf(score - log_sum_exp[i]);
                    const float factor = kept >> (2 * u + r) & 1 ? in.factor : 0;
                    dk[r].add(score_slope(p, dp, factor, delta[i]), q_row);
                    dv[r].add(p * factor, dy_row);
                }
            }
        }
    }
    float* const to = gradient.dqkv[place.replica] + start;
#pragma unroll
    for (int r = 0; r < lane_rows; ++r) {
        const int row = row_of_lane<H>(place, r);
        if (row >= place.steps) continue;
        dk[r].multiply(in.scale);
        dk[r].store_row(to + width + row * stride, size, in.wide);
        dv[r].store_row(to + 2 * width + row * stride, size, in.wide);
    }
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

}  // namespace

void CudaDevice::run(const AttentionForward<float>& args) {
    const auto& [sequences, steps, shape, offsets, keys, qkv, y, log_sum_exp] = args;
    with_head(shape, [&](auto head) {
        using H = decltype(head);
        launch(blocks_of_rows<H>(sequences, steps, shape, stream(), args.name),
               attention_forward_kernel<H>, arguments(shape, sequences, offsets, keys, qkv, y), y,
               log_sum_exp);
    });
    zero_rows_beyond(stream(), steps, shape.width, y);
    zero_rows_beyond(stream(), steps, shape.heads, log_sum_exp);
}

void CudaDevice::run(const AttentionBackward<float>& args) {
    const auto& [sequences, steps, shape, offsets, keys, qkv, y, log_sum_exp, dy, dqkv] = args;
    const std::size_t size = std::size_t(steps.capacity) * std::size_t(shape.heads);
    const AttentionGradient gradient{.y = y,
                                     .log_sum_exp = log_sum_exp,
                                     .dy = dy,
                                     .delta = {workspace<float>(size * std::size_t(steps.replicas)),
                                               static_cast<std::ptrdiff_t>(size)},
                                     .dqkv = dqkv};
    with_head(shape, [&](auto head) {
        using H = decltype(head);
        const AttentionArguments in = arguments(shape, sequences, offsets, keys, qkv, y, dy, dqkv);
        launch(blocks_of_rows<H>(sequences, steps, shape, stream(), "attention_backward: queries"),
               attention_query_gradient_kernel<H>, in, gradient);
        launch(blocks_of_rows<H>(sequences, steps, shape, stream(), "attention_backward: keys"),
               attention_key_gradient_kernel<H>, in, gradient);
    });
    zero_rows_beyond(stream(), steps, 3 * shape.width, dqkv);
}

}  // namespace manygpcm::kernels::cuda
