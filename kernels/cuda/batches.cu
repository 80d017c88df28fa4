// Packs the batches of an epoch from learners that lie on the device: a block a replica, the same
// arrays as PackedBatch of the engine makes.
#include <algorithm>

#include "cuda_device.h"
#include "launch.h"
#include "reductions.cuh"
#include "rows.cuh"

namespace manygpcm::kernels::cuda {
namespace {

constexpr int pack_threads = 1024, pack_warps = pack_threads / warp_size;

/// values[i] becomes the sum of the values before it; returns the sum of all.
__device__ inline int exclusive_scan(int n, int* values, int* shared) {
    int before = 0;
    for (int first = 0; first < n; first += pack_threads) {
        const int i = first + static_cast<int>(threadIdx.x), x = i < n ? values[i] : 0;
        const BlockScan scan = block_scan(x, shared);
        if (i < n) values[i] = before + scan.before;
        before += scan.total;
    }
    __syncthreads();
    return before;
}

/// The question's bit in its word.
__device__ inline unsigned question_bit(int question) {
    return 1u << question % 32;
}

__global__ void __launch_bounds__(pack_threads)
    pack_kernel(int n_questions, int n_categories, DeviceLearners learners, BatchOrder order,
                BatchArrays out) {
    const int replica = static_cast<int>(blockIdx.x), thread = static_cast<int>(threadIdx.x);
    const int words = ceil_div(n_questions, 32);
    int* const scan_shared = block_shared<int>();
    auto* const present = reinterpret_cast<unsigned*>(scan_shared + pack_warps);  // [words] bits
    int* const rank = scan_shared + pack_warps + words;  // [words] present questions before
    const int first = *order.batch * order.batch_size;
    const int sequences = max(0, min(order.batch_size, order.count[replica] - first));
    const std::int32_t* const which = order.order[replica] + first;

    std::int32_t* const offsets = out.offsets[replica];
    for (int s = thread; s <= out.capacity_sequences; s += pack_threads)
        offsets[s] =
            s < sequences ? learners.offsets[which[s] + 1] - learners.offsets[which[s]] : 0;
    for (int w = thread; w < words; w += pack_threads)
        present[w] = 0;
    __syncthreads();
    const int steps = exclusive_scan(sequences, offsets, scan_shared);
    if (thread == 0) offsets[sequences] = steps;
    __syncthreads();

    std::int32_t* const question = out.question[replica];
    std::int32_t* const response = out.response[replica];
    for (int t = thread; t < out.capacity_steps; t += pack_threads) {
        int q = 0, r = 0;
        if (t < steps) {
            const int s = sequence_of(offsets, sequences, t);
            const int from = learners.offsets[which[s]] + t - offsets[s];
            q = learners.questions[from];
            r = learners.responses[from];
            atomicOr(present + q / 32, question_bit(q));
        }
        question[t] = q;
        response[t] = r;
    }
    __syncthreads();
    for (int w = thread; w < words; w += pack_threads)
        rank[w] = __popc(present[w]);
    __syncthreads();
    const int distinct = exclusive_scan(words, rank, scan_shared);

    std::int32_t* const distinct_question = out.distinct_question[replica];
    const auto row_of = [&](int q) {
        return rank[q / 32] + __popc(present[q / 32] & (question_bit(q) - 1));
    };
    for (int q = thread; q < n_questions; q += pack_threads)
        if (present[q / 32] & question_bit(q)) distinct_question[row_of(q)] = q;
    for (int i = distinct + thread; i < out.capacity_steps; i += pack_threads)
        distinct_question[i] = 0;
    __syncthreads();

    // One row a (distinct question, category) where that makes fewer rows than steps.
    const bool shared_pairs =
        static_cast<std::int64_t>(distinct) * n_categories < static_cast<std::int64_t>(steps);
    const int pairs = shared_pairs ? distinct * n_categories : steps;
    for (int t = thread; t < out.capacity_steps; t += pack_threads) {
        const int row = t < steps ? row_of(question[t]) : 0;
        out.question_row[replica][t] = row;
        out.pair_row[replica][t] =
            t >= steps ? 0 : (shared_pairs ? row * n_categories + response[t] : t);
        const int pair_question = shared_pairs ? distinct_question[t / n_categories] : question[t];
        const int pair_response = shared_pairs ? t % n_categories : response[t];
        out.pair_question[replica][t] = t < pairs ? pair_question : 0;
        out.pair_response[replica][t] = t < pairs ? pair_response : 0;
    }
    if (thread == 0) {
        out.steps[replica] = steps;
        out.sequences[replica] = sequences;
        out.questions[replica] = distinct;
        out.pairs[replica] = pairs;
    }
}

constexpr int append_threads = 256;

__global__ void __launch_bounds__(append_threads)
    append_kernel(Rows steps, int width, PerReplica<const float> x, const int* position,
                  PerReplica<float> all) {
    const int replica = static_cast<int>(blockIdx.z);
    const std::size_t i = blockIdx.x * std::size_t{append_threads} + threadIdx.x;
    if (i >= std::size_t(steps[replica]) * width) return;
    all[replica][std::size_t(position[replica]) * width + i] = x[replica][i];
}

__global__ void __launch_bounds__(append_threads) move_on_kernel(Rows steps, int* position) {
    const int replica = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
    if (replica < steps.replicas) position[replica] += steps[replica];
}

}  // namespace

void CudaDevice::pack_batch(int replicas, int n_questions, int n_categories,
                            const DeviceLearners& learners, const BatchOrder& order,
                            const BatchArrays& out) {
    const int words = ceil_div(n_questions, 32);
    launch({.grid = dim3(replicas),
            .block = pack_threads,
            .stream = stream(),
            .name = "pack_batch",
            .shared_bytes = static_cast<std::size_t>(pack_warps + 2 * words) * sizeof(int)},
           pack_kernel, n_questions, n_categories, learners, order, out);
}

void CudaDevice::append_rows(Rows steps, int width, In x, int* position, Out all) {
    const std::size_t size = std::size_t(steps.capacity) * std::size_t(width);
    launch({.grid = dim3(static_cast<unsigned>(ceil_div(size, std::size_t{append_threads})), 1,
                         static_cast<unsigned>(steps.replicas)),
            .block = append_threads,
            .stream = stream(),
            .name = "append_rows"},
           append_kernel, steps, width, x, static_cast<const int*>(position), all);
    launch({.grid = dim3(ceil_div(steps.replicas, append_threads)),
            .block = append_threads,
            .stream = stream(),
            .name = "append_rows: position"},
           move_on_kernel, steps, position);
}

}  // namespace manygpcm::kernels::cuda
