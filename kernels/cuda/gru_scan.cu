// A block takes a few sequences of one replica through all their steps: what it reads of the
// weights serves all of them, and their states stay in shared memory. The weight's gradient is one
// product over all steps at the end.
#include <algorithm>
#include <bit>
#include <type_traits>

#include "columns.cuh"
#include "cuda_device.h"
#include "flat.cuh"
#include "rows.cuh"

namespace manygpcm::kernels::cuda {
namespace {

constexpr int gru_threads = 256;
constexpr int most_sequences = 8;  // of a block
constexpr int turn_tile = warp_size, turn_rows = 8;

/// Sequences of a block: as many as keep four arrays of each in the shared memory that needs no
/// opting in.
int sequences_a_block(int width) {
    const std::size_t of_one = 4 * sizeof(float) * static_cast<std::size_t>(width);
    return static_cast<int>(std::clamp<std::size_t>(
        std::bit_floor(std::max<std::size_t>(default_shared_bytes / of_one, 1)), 1,
        most_sequences));
}

/// body(constant) with the number of sequences of a block as a constant.
template <class Body>
void with_sequences(int width, Body body) {
    switch (sequences_a_block(width)) {
        case 8:
            return body(std::integral_constant<int, 8>());
        case 4:
            return body(std::integral_constant<int, 4>());
        case 2:
            return body(std::integral_constant<int, 2>());
        default:
            return body(std::integral_constant<int, 1>());
    }
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
template <int N>
struct BlockSequences {
    int begin[N], length[N];
    int longest = 0;

    __device__ BlockSequences(const std::int32_t* offsets, int count) {
        const int first = static_cast<int>(blockIdx.x) * N;
        for (int i = 0; i < N; ++i) {
            const bool exists = first + i < count;
            begin[i] = exists ? offsets[first + i] : 0;
            length[i] = exists ? offsets[first + i + 1] - begin[i] : 0;
            longest = max(longest, length[i]);
        }
    }
    __device__ std::ptrdiff_t step(int i, int t) const { return std::ptrdiff_t{begin[i]} + t; }
};

__device__ float logistic(float x) {
    return 1 / (1 + expf(-x));
}

/// @param turned [H, 3 H] the transposed weight. blockIdx: sequences, nothing, replica.
template <int N>
__global__ void __launch_bounds__(gru_threads)
    gru_forward_kernel(Rows sequences, GruShape shape, GruScanInput<float> in,
                       PerReplica<const float> turned, PerReplica<float> state,
                       PerReplica<float> gates, PerReplica<float> candidate) {
    const int replica = static_cast<int>(blockIdx.z), width = shape.width;
    const std::ptrdiff_t three = 3 * std::ptrdiff_t{width};
    const BlockSequences<N> block(in.offsets[replica], sequences[replica]);
    float *now = block_shared<float>(), *next = now + N * width;  // [N, H] each
    const float* const bias = in.bias[replica];
    for (int i = static_cast<int>(threadIdx.x); i < N * width; i += gru_threads)
        now[i] = 0;
    for (int t = 0; t < block.longest; ++t) {
        __syncthreads();
        for (int j = static_cast<int>(threadIdx.x); j < width; j += gru_threads) {
            float r[N] = {}, z[N] = {}, n[N] = {};
            if (t + 1 < block.longest) {
                const float* weight = turned[replica] + j;
                for (int k = 0; k < width; ++k, weight += three) {
                    const float wr = weight[0], wz = weight[width], wn = weight[2 * width];
#pragma unroll
                    for (int i = 0; i < N; ++i) {
                        const float h = now[i * width + k];
                        r[i] += wr * h;
                        z[i] += wz * h;
                        n[i] += wn * h;
                    }
                }
            }
#pragma unroll
            for (int i = 0; i < N; ++i) {
                next[i * width + j] = 0;  // what ended runs on with the others, unseen
                if (t >= block.length[i]) continue;
                const std::ptrdiff_t step = block.step(i, t);
                const float h = now[i * width + j];
                state[replica][step * width + j] = h;
                if (t + 1 == block.length[i]) continue;
                const std::ptrdiff_t row = in.input_row ? in.input_row[replica][step] : step;
                const float* const input = in.input[replica] + row * three + j;
                const float reset = logistic(input[0] + r[i] + bias[j]);
                const float update = logistic(input[width] + z[i] + bias[width + j]);
                const float hidden = n[i] + bias[2 * width + j];
                const float fresh = tanhf(input[2 * width] + reset * hidden);
                next[i * width + j] = fresh + update * (h - fresh);
                if (!gates) continue;
                float* const gate = gates[replica] + step * three + j;
                gate[0] = reset;
                gate[width] = update;
                gate[2 * width] = hidden;
                candidate[replica][step * width + j] = fresh;
            }
        }
        float* const last = now;
        now = next;
        next = last;
    }
}

/// blockIdx: sequences, nothing, replica.
template <int N>
__global__ void __launch_bounds__(gru_threads)
    gru_backward_kernel(Rows sequences, GruShape shape, GruScanInput<float> in,
                        PerReplica<const float> state, PerReplica<float> gates,
                        PerReplica<float> candidate, PerReplica<const float> dstate) {
    const int replica = static_cast<int>(blockIdx.z), width = shape.width;
    const std::ptrdiff_t three = 3 * std::ptrdiff_t{width};
    const BlockSequences<N> block(in.offsets[replica], sequences[replica]);
    float* const carried = block_shared<float>();  // [N, H] the gradient of a state
    float* const hidden = carried + N * width;     // [N, 3 H] that of W h + b
    for (int t = block.longest - 1; t >= 0; --t) {
        for (int j = static_cast<int>(threadIdx.x); j < width; j += gru_threads)
#pragma unroll
            for (int i = 0; i < N; ++i) {
                float* const of_hidden = hidden + i * three + j;
                of_hidden[0] = of_hidden[width] = of_hidden[2 * width] = 0;
                if (t >= block.length[i]) continue;
                const std::ptrdiff_t step = block.step(i, t);
                float* const gate = gates[replica] + step * three + j;
                float* const fresh = candidate[replica] + step * width + j;
                float& carry = carried[i * width + j];
                if (t + 1 == block.length[i]) {  // nobody sees what the last step writes
                    gate[0] = gate[width] = gate[2 * width] = *fresh = 0;
                    carry = dstate[replica][step * width + j];
                    continue;
                }
                const float r = gate[0], z = gate[width], n = *fresh;
                const float h = state[replica][step * width + j];
                const float dn = carry * (1 - z) * (1 - n * n);
                const float dz = carry * (h - n) * z * (1 - z);
                const float dr = dn * gate[2 * width] * r * (1 - r);
                gate[0] = of_hidden[0] = dr;
                gate[width] = of_hidden[width] = dz;
                gate[2 * width] = of_hidden[2 * width] = dn * r;
                *fresh = dn;
                carry = carry * z + dstate[replica][step * width + j];
            }
        __syncthreads();
        if (t + 1 < block.longest)
            for (int k = static_cast<int>(threadIdx.x); k < width; k += gru_threads) {
                float sum[N] = {};
                const float* weight = in.weight[replica] + k;
                for (std::ptrdiff_t j = 0; j < three; ++j, weight += width) {
#pragma unroll
                    for (int i = 0; i < N; ++i)
                        sum[i] += *weight * hidden[i * three + j];
                }
#pragma unroll
                for (int i = 0; i < N; ++i)
                    if (t + 1 < block.length[i]) carried[i * width + k] += sum[i];
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

Launch gru_launch(cudaStream_t stream, Rows sequences, int width, int block_sequences, int arrays,
                  const char* name) {
    return {.grid = dim3(static_cast<unsigned>(ceil_div(sequences.capacity, block_sequences)), 1,
                         static_cast<unsigned>(sequences.replicas)),
            .block = gru_threads,
            .stream = stream,
            .name = name,
            .shared_bytes = sizeof(float) * static_cast<std::size_t>(arrays) *
                            static_cast<std::size_t>(block_sequences) *
                            static_cast<std::size_t>(width)};
}

}  // namespace

void CudaDevice::run(const GruScanForward<float>& args) {
    const auto& [sequences, steps, shape, in, state, gates, candidate] = args;
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
    with_sequences(width, [&, &args = args](auto n) {
        launch(gru_launch(stream(), args.sequences, width, n.value, 2, args.name),
               gru_forward_kernel<n.value>, args.sequences, args.shape, args.in, turned, args.state,
               args.gates, args.candidate);
    });
    zero_rows_beyond(stream(), steps, width, state);
}

void CudaDevice::run(const GruScanBackward<float>& args) {
    const auto& [sequences, steps, input_rows, shape, in, state, gates, candidate, dstate, dinput,
                 dweight, dbias] = args;
    const int width = shape.width, three = 3 * width;
    with_sequences(width, [&, &args = args](auto n) {
        launch(gru_launch(stream(), args.sequences, width, n.value, 4, args.name),
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
