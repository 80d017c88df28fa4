// Attention forward. A block takes 64 queries of one head and sequence and walks the keys with the
// sums of the softmax corrected on the way (Milakov, Gimelshein 2018; Dao et al. 2022): no scores
// are stored.
#include <cfloat>

#include "attention.cuh"

namespace manygpcm::kernels::cuda {
using namespace attention;
namespace {

template <class H>
__global__ void __launch_bounds__(H::threads, H::blocks)
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

}  // namespace

void CudaDevice::run(const AttentionForward<float>& args) {
    const auto& [sequences, steps, shape, offsets, keys, qkv, y, log_sum_exp, known_end] = args;
    expect_known_responses(known_end, args.name);
    with_head(shape, [&](auto head) {
        using H = decltype(head);
        launch(blocks_of_rows<H>(sequences, steps, shape, stream(), args.name),
               attention_forward_kernel<H>, arguments(shape, sequences, offsets, keys, qkv, y), y,
               log_sum_exp);
    });
    zero_rows_beyond(stream(), steps, shape.width, y);
    zero_rows_beyond(stream(), steps, shape.heads, log_sum_exp);
}

}  // namespace manygpcm::kernels::cuda
