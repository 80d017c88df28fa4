// Attention backward. The probabilities are recomputed twice: once by blocks of queries for their
// gradients, once by blocks of keys for those of keys and values, so that every sum has one owner.
#include "attention.cuh"

namespace manygpcm::kernels::cuda {
using namespace attention;
namespace {

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
__global__ void __launch_bounds__(H::threads, H::blocks)
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
__global__ void __launch_bounds__(H::threads, H::blocks)
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

}  // namespace

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
