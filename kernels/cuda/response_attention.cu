// Attention whose keys are counted by their responses. A thread takes a step and a head and walks
// the responses that the step sees; sums over steps are a block's, in an order of their own.
#include <cfloat>

#include "attention.cuh"
#include "flat.cuh"

namespace manygpcm::kernels::cuda {
using namespace attention;
namespace {

constexpr int query_threads = 64;
constexpr int sum_threads = 256;
constexpr int query_tables = 3;

struct ResponseArguments {
    AttentionArguments attention;  ///< whose qkv has a row a category
    Rows steps;
    int categories;
    RowIndex response;
};

/// What a thread knows of its step and head; numbers by category lie query_threads apart in shared
/// memory.
struct ResponseQuery {
    const ResponseArguments& in;
    int replica, head, step, size;
    float *seen, *kept, *probability;

    __device__ explicit ResponseQuery(const ResponseArguments& arguments)
        : in(arguments),
          replica(static_cast<int>(blockIdx.z)),
          head(static_cast<int>(blockIdx.y)),
          step(static_cast<int>(blockIdx.x * query_threads + threadIdx.x)),
          size(in.attention.shape.width / in.attention.shape.heads),
          seen(block_shared<float>() + threadIdx.x),
          kept(seen + in.categories * query_threads),
          probability(kept + in.categories * query_threads) {}

    __device__ bool exists() const { return step < in.steps[replica]; }
    /// @param which of queries, keys and values
    __device__ const float* row(int category, int which) const {
        return in.attention.qkv[replica] +
               (3 * std::size_t(category) + which) * in.attention.shape.width + head * size;
    }
    __device__ std::size_t place(int category) const {
        return (std::size_t(step) * in.attention.shape.heads + head) * in.categories + category;
    }
    __device__ int category() const { return in.response[replica][step]; }

    /// Counts what is seen and, with dropout's keys, what is kept.
    __device__ void count_keys() const {
        const AttentionArguments& a = in.attention;
        for (int b = 0; b < in.categories; ++b)
            seen[b * query_threads] = kept[b * query_threads] = 0;
        const std::int32_t* const offsets = a.offsets[replica];
        const int sequence = sequence_of(offsets, a.sequences[replica], step);
        const int begin = offsets[sequence];
        const int keys = (a.shape.causal ? step + 1 : offsets[sequence + 1]) - begin;
        PhiloxCounter words = {};
        for (int key = 0; key < keys; ++key) {
            const int b = in.response[replica][begin + key];
            seen[b * query_threads] += 1;
            if (!a.keys) continue;
            if (key % key_group == 0) words = dropout_words(a, replica, head, step, key);
            const int pair = key % key_group / 2;
            const std::uint32_t word =
                pair < 2 ? (pair == 0 ? words[0] : words[1]) : (pair == 2 ? words[2] : words[3]);
            if (half_word(word, key % 2 == 1) >= a.threshold) kept[b * query_threads] += 1;
        }
        for (int b = 0; b < in.categories; ++b)
            kept[b * query_threads] =
                a.keys ? a.factor * kept[b * query_threads] : seen[b * query_threads];
    }

    __device__ float score(int key_category) const {
        const float *q = row(category(), 0), *k = row(key_category, 1);
        float sum = 0;
        for (int c = 0; c < size; ++c)
            sum = fmaf(q[c], k[c], sum);
        return in.attention.scale * sum;
    }

    /// The probability of one key of each response.
    __device__ void softmax() const {
        float largest = -FLT_MAX, sum = 0;
        for (int b = 0; b < in.categories; ++b)
            if (seen[b * query_threads] > 0) largest = fmaxf(largest, score(b));
        for (int b = 0; b < in.categories; ++b) {
            const float n = seen[b * query_threads];
            const float e = n > 0 ? expf(score(b) - largest) : 0;
            probability[b * query_threads] = e;
            sum = fmaf(n, e, sum);
        }
        for (int b = 0; b < in.categories; ++b)
            probability[b * query_threads] *= 1 / sum;
    }
};

__global__ void __launch_bounds__(query_threads)
    response_forward_kernel(ResponseArguments in, PerReplica<float> kept, PerReplica<float> y) {
    const ResponseQuery query(in);
    if (!query.exists()) return;
    query.count_keys();
    query.softmax();
    if (kept)
        for (int b = 0; b < in.categories; ++b)
            kept[query.replica][query.place(b)] = query.kept[b * query_threads];
    float* const to = y[query.replica] + std::size_t(query.step) * in.attention.shape.width +
                      query.head * query.size;
    for (int c = 0; c < query.size; ++c) {
        float sum = 0;
        for (int b = 0; b < in.categories; ++b)
            sum = fmaf(query.kept[b * query_threads] * query.probability[b * query_threads],
                       query.row(b, 2)[c], sum);
        to[c] = sum;
    }
}

/// Scratch of the backward pass: what every step adds to the sums.
struct ResponseTerms {
    PerReplica<float> weights, slopes;  ///< [steps, heads, categories]: of the values, the scores
    PerReplica<float> sums;             ///< [heads, categories, categories]: the slopes' by query
};

__global__ void __launch_bounds__(query_threads)
    response_terms_kernel(ResponseArguments in, PerReplica<const float> kept,
                          PerReplica<const float> dy, ResponseTerms terms) {
    const ResponseQuery query(in);
    if (!query.exists()) return;
    query.count_keys();
    query.softmax();
    const float* const dy_row = dy[query.replica] +
                                std::size_t(query.step) * in.attention.shape.width +
                                query.head * query.size;
    float delta = 0;
    for (int b = 0; b < in.categories; ++b) {
        const float* const v = query.row(b, 2);
        float dp = 0;
        for (int c = 0; c < query.size; ++c)
            dp = fmaf(dy_row[c], v[c], dp);
        const float w = kept[query.replica][query.place(b)] * query.probability[b * query_threads];
        terms.weights[query.replica][query.place(b)] = w;
        query.kept[b * query_threads] = w * dp;
        delta = fmaf(w, dp, delta);
    }
    for (int b = 0; b < in.categories; ++b)
        terms.slopes[query.replica][query.place(b)] =
            query.kept[b * query_threads] -
            query.seen[b * query_threads] * query.probability[b * query_threads] * delta;
}

/// A block takes a key's category (blockIdx.x) and a head: the values' gradient, and the sums of
/// the slopes by the queries' categories.
__global__ void __launch_bounds__(sum_threads)
    response_sums_kernel(ResponseArguments in, PerReplica<const float> dy, ResponseTerms terms,
                         PerReplica<float> dqkv) {
    const int replica = static_cast<int>(blockIdx.z), head = static_cast<int>(blockIdx.y);
    const int key = static_cast<int>(blockIdx.x), thread = static_cast<int>(threadIdx.x);
    const int width = in.attention.shape.width, heads = in.attention.shape.heads;
    const int size = width / heads, steps = in.steps[replica];
    float* const shared = block_shared<float>();
    const auto place = [&](int step) {
        return (std::size_t(step) * heads + head) * in.categories + key;
    };
    for (int c = 0; c < size; ++c) {
        float sum = 0;
        for (int step = thread; step < steps; step += sum_threads)
            sum = fmaf(terms.weights[replica][place(step)],
                       dy[replica][std::size_t(step) * width + head * size + c], sum);
        sum = block_sum(sum, shared);
        if (thread == 0) dqkv[replica][(3 * std::size_t(key) + 2) * width + head * size + c] = sum;
        __syncthreads();
    }
    for (int query = 0; query < in.categories; ++query) {
        float sum = 0;
        for (int step = thread; step < steps; step += sum_threads)
            if (in.response[replica][step] == query) sum += terms.slopes[replica][place(step)];
        sum = block_sum(sum, shared);
        if (thread == 0)
            terms.sums[replica][(std::size_t(head) * in.categories + query) * in.categories + key] =
                sum;
        __syncthreads();
    }
}

/// The gradients of queries and keys, an element of each a thread.
__global__ void __launch_bounds__(flat_threads)
    response_rows_kernel(ResponseArguments in, PerReplica<const float> sums,
                         PerReplica<float> dqkv) {
    const int replica = static_cast<int>(blockIdx.y), width = in.attention.shape.width;
    const int n = in.categories;
    const std::size_t i = flat_thread();
    if (i >= std::size_t(n) * width) return;
    const int row = static_cast<int>(i / width), column = static_cast<int>(i % width);
    const int head = column / (width / in.attention.shape.heads);
    const float* const of_head = sums[replica] + std::size_t(head) * n * n;
    const float* const qkv = in.attention.qkv[replica];
    float dq = 0, dk = 0;
    for (int other = 0; other < n; ++other) {
        const float* const q = qkv + 3 * std::size_t(other) * width + column;
        dq = fmaf(of_head[row * n + other], q[width], dq);
        dk = fmaf(of_head[other * n + row], q[0], dk);
    }
    float* const to = dqkv[replica] + 3 * std::size_t(row) * width + column;
    to[0] = in.attention.scale * dq;
    to[width] = in.attention.scale * dk;
}

Launch blocks_of_queries(const ResponseArguments& in, cudaStream_t stream, const char* name) {
    const Rows& steps = in.steps;
    return {.grid = dim3(static_cast<unsigned>(ceil_div(steps.capacity, query_threads)),
                         static_cast<unsigned>(in.attention.shape.heads),
                         static_cast<unsigned>(steps.replicas)),
            .block = query_threads,
            .stream = stream,
            .name = name,
            .shared_bytes = sizeof(float) * query_tables * query_threads *
                            static_cast<std::size_t>(in.categories)};
}

}  // namespace

void CudaDevice::run(const ResponseAttentionForward<float>& args) {
    expect_known_responses(args.known_end, args.name);
    const ResponseArguments in{
        arguments(args.shape, args.sequences, args.offsets, args.keys, args.qkv), args.steps,
        args.categories, args.response};
    launch(blocks_of_queries(in, stream(), args.name), response_forward_kernel, in, args.kept,
           args.y);
    zero_rows_beyond(stream(), args.steps, args.shape.width, args.y);
}

void CudaDevice::run(const ResponseAttentionBackward<float>& args) {
    const ResponseArguments in{
        arguments(args.shape, args.sequences, args.offsets, nullptr, args.qkv), args.steps,
        args.categories, args.response};
    const auto replicas = static_cast<unsigned>(args.steps.replicas);
    const auto heads = static_cast<unsigned>(args.shape.heads);
    const auto categories = static_cast<std::size_t>(args.categories);
    const std::size_t of_steps = static_cast<std::size_t>(args.steps.capacity) * heads * categories;
    const std::size_t of_sums = heads * categories * categories;
    float* const scratch = workspace<float>(replicas * (2 * of_steps + of_sums));
    const auto stride = static_cast<std::ptrdiff_t>(of_steps);
    const ResponseTerms terms{
        {scratch, stride},
        {scratch + replicas * of_steps, stride},
        {scratch + 2 * replicas * of_steps, static_cast<std::ptrdiff_t>(of_sums)}};
    launch(blocks_of_queries(in, stream(), "response_attention_backward: steps"),
           response_terms_kernel, in, args.kept, args.dy, terms);
    launch({.grid = dim3(static_cast<unsigned>(categories), heads, replicas),
            .block = sum_threads,
            .stream = stream(),
            .name = "response_attention_backward: sums",
            .shared_bytes = sizeof(float) * (sum_threads / warp_size)},
           response_sums_kernel, in, args.dy, terms, args.dqkv);
    launch({.grid = flat_grid(flat_size(args.categories, args.shape.width), args.steps.replicas),
            .block = flat_threads,
            .stream = stream(),
            .name = "response_attention_backward: rows"},
           response_rows_kernel, in, terms.sums, args.dqkv);
}

}  // namespace manygpcm::kernels::cuda
