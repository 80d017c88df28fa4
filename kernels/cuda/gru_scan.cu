// A block takes a few sequences of one replica through all their steps: what it reads of the
// weights serves all of them, and their states stay in shared memory. A thread takes a column,
// whose sums stay in its registers. The weight's gradient is one product over all steps at the end.
#include <algorithm>
#include <type_traits>

#include "columns.cuh"
#include "cuda_device.h"
#include "flat.cuh"
#include "rows.cuh"
#include "vectors.cuh"

namespace manygpcm::kernels::cuda {
namespace {

constexpr int gru_threads = 512;                        // of a block, at most
constexpr int most_sequences = 8;                       // of a block
constexpr std::size_t most_shared_bytes = 96 << 10;     // what all have that this is for
constexpr int forward_arrays = 2, backward_arrays = 4;  // of a block's sequences
constexpr int turn_tile = warp_size, turn_rows = 8;

/// Floats between the rows [S sequences] of a block's arrays [columns, S]: padded so that
/// neighbouring columns' vectors of four lie in different banks.
template <int S>
constexpr int row_floats = S % 8 == 0 ? S + 4 : S;

std::size_t shared_bytes(int sequences, int row, int width, int arrays) {
    return sizeof(float) * static_cast<std::size_t>(arrays) * static_cast<std::size_t>(width) *
               static_cast<std::size_t>(row) +
           sizeof(std::int32_t) * static_cast<std::size_t>(sequences + 1);
}

/// body(constant) with the number of sequences of a block: at most `most`, and as many as its
/// `arrays` have room for.
template <int S = most_sequences, class Body>
void with_sequences(int most, int width, int arrays, Body body) {
    if constexpr (S > 1)
        if (S > most || shared_bytes(S, row_floats<S>, width, arrays) > most_shared_bytes)
            return with_sequences<S / 2>(most, width, arrays, body);
    body(std::integral_constant<int, S>());
}

/// to [columns, rows] = the transpose of from [rows, columns]. blockIdx: tiles, then the replica.
__global__ void __launch_bounds__(turn_tile* turn_rows)
    turn_kernel(int rows, int columns, PerReplica<const float> from, PerReplica<float> to) {
    const int replica = static_cast<int>(blockIdx.z), lane = static_cast<int>(threadIdx.x);
    const int column0 = static_cast<int>(blockIdx.x) * turn_tile,
              row0 = static_cast<int>(blockIdx.y) * turn_tile;
    float* const turned = block_shared<float>();
    for (int i = static_cast<int>(threadIdx.y); i < turn_tile; i += turn_rows)
        if (row0 + i < rows && column0 + lane < columns)
            turned[lane * (turn_tile + 1) + i] =
                from[replica][std::ptrdiff_t{row0 + i} * columns + column0 + lane];
    __syncthreads();
    for (int i = static_cast<int>(threadIdx.y); i < turn_tile; i += turn_rows)
        if (column0 + i < columns && row0 + lane < rows)
            to[replica][std::ptrdiff_t{column0 + i} * rows + row0 + lane] =
                turned[i * (turn_tile + 1) + lane];
}

/// The sequences of a block.
template <int S>
struct BlockSequences {
    const std::int32_t* bounds;  ///< [S + 1] in shared memory; those that don't exist are empty
    int longest = 0;

    /// @param shared [S + 1]
    __device__ BlockSequences(const std::int32_t* offsets, int count, float* shared)
        : bounds(reinterpret_cast<std::int32_t*>(shared)) {
        const int thread = static_cast<int>(threadIdx.x);
        if (thread <= S)
            reinterpret_cast<std::int32_t*>(shared)[thread] =
                offsets[min(static_cast<int>(blockIdx.x) * S + thread, count)];
        __syncthreads();
        for (int i = 0; i < S; ++i)
            longest = max(longest, length(i));
    }
    __device__ int length(int i) const { return bounds[i + 1] - bounds[i]; }
    __device__ std::ptrdiff_t step(int i, int t) const { return std::ptrdiff_t{bounds[i]} + t; }
};

template <int S>
__device__ void load_sequences(const float* from, float (&to)[S]) {
    constexpr int v = S < 4 ? S : 4;
#pragma unroll
    for (int i = 0; i < S; i += v) {
        const Floats<v> part = load<v>(from + i);
#pragma unroll
        for (int l = 0; l < v; ++l)
            to[i + l] = part.at[l];
    }
}
template <int S>
__device__ void store_sequences(float* to, const float (&from)[S]) {
    constexpr int v = S < 4 ? S : 4;
#pragma unroll
    for (int i = 0; i < S; i += v) {
        Floats<v> part;
#pragma unroll
        for (int l = 0; l < v; ++l)
            part.at[l] = from[i + l];
        store(to + i, part);
    }
}

__device__ float logistic(float x) {
    return 1 / (1 + expf(-x));
}

/// @param turned [H, 3 H] the transposed weight. blockIdx: sequences, nothing, replica.
template <int S>
__global__ void __launch_bounds__(gru_threads)
    gru_forward_kernel(Rows sequences, GruShape shape, GruScanInput<float> in,
                       PerReplica<const float> turned, PerReplica<float> state,
                       PerReplica<float> gates, PerReplica<float> candidate) {
    const int replica = static_cast<int>(blockIdx.z), width = shape.width;
    const std::ptrdiff_t three = 3 * std::ptrdiff_t{width};
    constexpr int row = row_floats<S>;
    float *now = block_shared<float>(), *next = now + width * row;  // [H, sequences] each
    const BlockSequences<S> block(in.offsets[replica], sequences[replica], next + width * row);
    const float* const bias = in.bias[replica];
    constexpr float nothing[S] = {};
    for (int j = static_cast<int>(threadIdx.x); j < width; j += static_cast<int>(blockDim.x))
        store_sequences<S>(now + j * row, nothing);
    for (int t = 0; t < block.longest; ++t) {
        __syncthreads();
        for (int j = static_cast<int>(threadIdx.x); j < width; j += static_cast<int>(blockDim.x)) {
            float r[S] = {}, z[S] = {}, n[S] = {};
            if (t + 1 < block.longest) {
                const float* weight = turned[replica] + j;
#pragma unroll 4
                for (int k = 0; k < width; ++k, weight += three) {
                    const float wr = weight[0], wz = weight[width], wn = weight[2 * width];
                    float h[S];
                    load_sequences<S>(now + k * row, h);
#pragma unroll
                    for (int i = 0; i < S; ++i) {
                        r[i] = fmaf(wr, h[i], r[i]);
                        z[i] = fmaf(wz, h[i], z[i]);
                        n[i] = fmaf(wn, h[i], n[i]);
                    }
                }
            }
            float h[S];
            load_sequences<S>(now + j * row, h);
#pragma unroll
            for (int i = 0; i < S; ++i) {
                const int length = block.length(i);
                if (t >= length) continue;  // what ended runs on with the others, unseen
                const std::ptrdiff_t step = block.step(i, t);
                state[replica][step * width + j] = h[i];
                if (t + 1 == length) continue;
                const std::ptrdiff_t from = in.input_row ? in.input_row[replica][step] : step;
                const float* const input = in.input[replica] + from * three + j;
                const float reset = logistic(input[0] + r[i] + bias[j]);
                const float update = logistic(input[width] + z[i] + bias[width + j]);
                const float hidden = n[i] + bias[2 * width + j];
                const float fresh = tanhf(input[2 * width] + reset * hidden);
                h[i] = fresh + update * (h[i] - fresh);
                if (!gates) continue;
                float* const gate = gates[replica] + step * three + j;
                gate[0] = reset;
                gate[width] = update;
                gate[2 * width] = hidden;
                candidate[replica][step * width + j] = fresh;
            }
            store_sequences<S>(next + j * row, h);
        }
        float* const last = now;
        now = next;
        next = last;
    }
}

/// blockIdx: sequences, nothing, replica.
template <int S>
__global__ void __launch_bounds__(gru_threads)
    gru_backward_kernel(Rows sequences, GruShape shape, GruScanInput<float> in,
                        PerReplica<const float> state, PerReplica<float> gates,
                        PerReplica<float> candidate, PerReplica<const float> dstate) {
    const int replica = static_cast<int>(blockIdx.z), width = shape.width;
    const int column = static_cast<int>(threadIdx.x), columns = static_cast<int>(blockDim.x);
    const std::ptrdiff_t three = 3 * std::ptrdiff_t{width};
    constexpr int row = row_floats<S>;
    const int array = width * row;
    float* const carried = block_shared<float>();  // [H, sequences] the gradient of a state
    float* const hidden = carried + array;         // [3 H, sequences] that of W h + b
    const BlockSequences<S> block(in.offsets[replica], sequences[replica], hidden + 3 * array);
    constexpr float nothing[S] = {};
    for (int j = column; j < width; j += columns)
        store_sequences<S>(carried + j * row, nothing);
    for (int t = block.longest - 1; t >= 0; --t) {
        for (int j = column; j < width; j += columns) {
            float carry[S], of_reset[S], of_update[S], of_fresh[S];
            load_sequences<S>(carried + j * row, carry);
#pragma unroll
            for (int i = 0; i < S; ++i) {
                of_reset[i] = of_update[i] = of_fresh[i] = 0;
                const int length = block.length(i);
                if (t >= length) continue;
                const std::ptrdiff_t step = block.step(i, t);
                float* const gate = gates[replica] + step * three + j;
                float* const fresh = candidate[replica] + step * width + j;
                if (t + 1 == length) {  // nobody sees what the last step writes
                    gate[0] = gate[width] = gate[2 * width] = *fresh = 0;
                    carry[i] = dstate[replica][step * width + j];
                    continue;
                }
                const float r = gate[0], z = gate[width], n = *fresh;
                const float h = state[replica][step * width + j];
                const float dn = carry[i] * (1 - z) * (1 - n * n);
                const float dz = carry[i] * (h - n) * z * (1 - z);
                const float dr = dn * gate[2 * width] * r * (1 - r);
                gate[0] = of_reset[i] = dr;
                gate[width] = of_update[i] = dz;
                gate[2 * width] = of_fresh[i] = dn * r;
                *fresh = dn;
                carry[i] = carry[i] * z + dstate[replica][step * width + j];
            }
            store_sequences<S>(carried + j * row, carry);
            store_sequences<S>(hidden + j * row, of_reset);
            store_sequences<S>(hidden + array + j * row, of_update);
            store_sequences<S>(hidden + 2 * array + j * row, of_fresh);
        }
        __syncthreads();
        if (t + 1 < block.longest)
            for (int k = column; k < width; k += columns) {
                float sum[S] = {};
                const float* weight = in.weight[replica] + k;
#pragma unroll 8
                for (int j = 0; j < 3 * width; ++j, weight += width) {
                    const float w = *weight;
                    float h[S];
                    load_sequences<S>(hidden + j * row, h);
#pragma unroll
                    for (int i = 0; i < S; ++i)
                        sum[i] = fmaf(w, h[i], sum[i]);
                }
                float carry[S];
                load_sequences<S>(carried + k * row, carry);
#pragma unroll
                for (int i = 0; i < S; ++i)
                    if (t + 1 < block.length(i)) carry[i] += sum[i];
                store_sequences<S>(carried + k * row, carry);
            }
        __syncthreads();
    }
}

/// The gradient of a step's input part.
struct InputTerm {
    PerReplica<const float> gates, candidate;
    int width;

    __device__ float operator()(int replica, int step, int column) const {
        if (column < 2 * width) return gates[replica][std::ptrdiff_t{step} * 3 * width + column];
        return candidate[replica][std::ptrdiff_t{step} * width + column - 2 * width];
    }
};

/// The gradient of an input of which every step has its own row.
__global__ void __launch_bounds__(flat_threads)
    own_input_kernel(Rows steps, int width, InputTerm term, PerReplica<float> dinput) {
    const int replica = static_cast<int>(blockIdx.y);
    const std::size_t at = flat_thread(), three = 3 * static_cast<std::size_t>(width);
    const int row = static_cast<int>(at / three), column = static_cast<int>(at % three);
    if (row < steps.capacity)
        dinput[replica][at] = row < steps[replica] ? term(replica, row, column) : 0;
}

template <int S>
Launch gru_launch(cudaStream_t stream, Rows sequences, int width, int arrays, const char* name) {
    const int threads = ceil_div(width, warp_size) * warp_size;
    return {.grid = dim3(static_cast<unsigned>(ceil_div(sequences.capacity, S)), 1,
                         static_cast<unsigned>(sequences.replicas)),
            .block = static_cast<unsigned>(std::min(threads, gru_threads)),
            .stream = stream,
            .name = name,
            .shared_bytes = shared_bytes(S, row_floats<S>, width, arrays)};
}

}  // namespace

void CudaDevice::run(const GruScanForward<float>& args) {
    const auto& [sequences, steps, shape, in, state, gates, candidate] = args;
    expect_known_responses(in.known_end, args.name);
    const int width = shape.width;
    const std::size_t weights =
        3 * static_cast<std::size_t>(width) * static_cast<std::size_t>(width);
    const Out turned{workspace<float>(weights * static_cast<std::size_t>(sequences.replicas)),
                     static_cast<std::ptrdiff_t>(weights)};
    launch({.grid = dim3(static_cast<unsigned>(ceil_div(width, turn_tile)),
                         static_cast<unsigned>(ceil_div(3 * width, turn_tile)),
                         static_cast<unsigned>(sequences.replicas)),
            .block = dim3(turn_tile, turn_rows),
            .stream = stream(),
            .name = args.name,
            .shared_bytes = sizeof(float) * turn_tile * (turn_tile + 1)},
           turn_kernel, 3 * width, width, in.weight, turned);
    // Fewer where else multiprocessors would lie idle.
    const int blocks = ceil_div(sequences.capacity, most_sequences) * sequences.replicas;
    const int most = blocks < multiprocessors(args.name) ? most_sequences / 2 : most_sequences;
    with_sequences(most, width, forward_arrays, [&, &args = args](auto n) {
        launch(gru_launch<n.value>(stream(), args.sequences, width, forward_arrays, args.name),
               gru_forward_kernel<n.value>, args.sequences, args.shape, args.in, turned, args.state,
               args.gates, args.candidate);
    });
    zero_rows_beyond(stream(), steps, width, state);
}

void CudaDevice::run(const GruScanBackward<float>& args) {
    const auto& [sequences, steps, input_rows, shape, in, state, gates, candidate, dstate, dinput,
                 dweight, dbias] = args;
    const int width = shape.width, three = 3 * width;
    with_sequences(most_sequences, width, backward_arrays, [&, &args = args](auto n) {
        launch(gru_launch<n.value>(stream(), args.sequences, width, backward_arrays, args.name),
               gru_backward_kernel<n.value>, args.sequences, args.shape, args.in, args.state,
               args.gates, args.candidate, args.dstate);
    });
    zero_rows_beyond(stream(), steps, three, gates);
    const InputTerm term{gates, candidate, width};
    if (in.input_row) {
        const RowLists lists = list_rows(steps, input_rows.capacity, in.input_row, args.name);
        sum_rows(stream(), args.name, lists, 0, steps.replicas, three, term,
                 ArrayResult{dinput, three});
    } else {
        launch({.grid = flat_grid(flat_size(steps.capacity, three), steps.replicas),
                .block = flat_threads,
                .stream = stream(),
                .name = "gru_scan_backward: input"},
               own_input_kernel, steps, width, term, dinput);
    }
    add_column_sums(steps, three, gates, dbias, args.name);
    GemmShape product;
    product.m = three, product.n = width, product.k = steps.capacity;
    product.transpose_a = true;
    product.lda = three, product.ldb = product.ldc = width;
    product.beta = 1;
    gemms_.run(steps.replicas, product, gates, state, {}, dweight, args.name);
}

}  // namespace manygpcm::kernels::cuda
