// The weight is [out, K Q]: neighbours in memory are columns of neighbouring questions. So blocks
// take 32 outputs by 32 rows (forward) or 32 questions (backward) and turn them in shared memory:
// weights are moved along questions, rows of y along outputs. Rows are sorted by question, so that
// each weight's gradient is one sum.
#include "columns.cuh"
#include "cuda_device.h"

namespace manygpcm::kernels::cuda {
namespace {

constexpr int tile = warp_size;
constexpr int tile_pitch = tile + 1;  // shared memory's banks
constexpr int tile_rows = tile_threads / tile;
constexpr int block_categories = 8;  // whose gradients a thread sums at once

/// What category k weighs in an answer of category `response`. @param step 1 / (K - 1)
__device__ float decay(int k, int response, float step) {
    return fmaxf(0, 1 - static_cast<float>(k > response ? k - response : response - k) * step);
}

__device__ float decay_step(int n_categories) {
    return 1 / static_cast<float>(n_categories - 1);
}

/// blockIdx: tile of rows, tile of outputs, replica.
__global__ void __launch_bounds__(tile_threads)
    decay_forward_kernel(Rows rows, LinearDecayShape shape, PerReplica<const float> weight,
                         PerReplica<const float> bias, RowIndex question, RowIndex response,
                         PerReplica<float> y) {
    const auto [n_questions, n_categories, width] = shape;
    const int replica = static_cast<int>(blockIdx.z);
    const int lane = static_cast<int>(threadIdx.x), first = static_cast<int>(threadIdx.y);
    const int row0 = static_cast<int>(blockIdx.x) * tile,
              out0 = static_cast<int>(blockIdx.y) * tile;
    const std::ptrdiff_t columns = std::ptrdiff_t{n_categories} * n_questions;
    float* const turned = block_shared<float>();  // [rows, outputs]

    if (const int row = row0 + lane; row < rows.capacity) {
        const int q = question[replica][row], r = response[replica][row];
        const float step = decay_step(n_categories);
        for (int o = first; o < min(tile, width - out0); o += tile_rows) {
            const float* const from = weight[replica] + (out0 + o) * columns + q;
            float value = bias[replica][out0 + o];
            for (int k = 0; k < n_categories; ++k)
                value += decay(k, r, step) * from[std::ptrdiff_t{k} * n_questions];
            turned[lane * tile_pitch + o] = value;
        }
    }
    __syncthreads();
    if (const int o = out0 + lane; o < width)
        for (int i = first; i < min(tile, rows.capacity - row0); i += tile_rows)
            y[replica][std::ptrdiff_t{row0 + i} * width + o] = turned[i * tile_pitch + lane];
}

/// blockIdx: tile of questions, tile of outputs, replica.
__global__ void __launch_bounds__(tile_threads)
    decay_backward_kernel(LinearDecayShape shape, RowLists by_question, RowIndex response,
                          PerReplica<const float> dy, PerReplica<float> dweight) {
    const auto [n_questions, n_categories, width] = shape;
    const int replica = static_cast<int>(blockIdx.z);
    const int lane = static_cast<int>(threadIdx.x), first = static_cast<int>(threadIdx.y);
    const int q0 = static_cast<int>(blockIdx.x) * tile, out0 = static_cast<int>(blockIdx.y) * tile;
    const std::ptrdiff_t columns = std::ptrdiff_t{n_categories} * n_questions;
    const float step = decay_step(n_categories);
    const int* const start = by_question.start[replica];
    const int* const list = by_question.list[replica];
    float* const turned = block_shared<float>();  // [categories of the block, questions, outputs]

    for (int k0 = 0; k0 < n_categories; k0 += block_categories) {
        if (const int o = out0 + lane; o < width)
            for (int q = first; q < min(tile, n_questions - q0); q += tile_rows) {
                float sum[block_categories] = {};
                for (int i = start[q0 + q]; i < start[q0 + q + 1]; ++i) {
                    const int row = list[i], r = response[replica][row];
                    const float grad = dy[replica][std::ptrdiff_t{row} * width + o];
                    for (int k = 0; k < block_categories; ++k)
                        sum[k] += decay(k0 + k, r, step) * grad;
                }
                for (int k = 0; k < block_categories; ++k)
                    turned[(k * tile + q) * tile_pitch + lane] = sum[k];
            }
        __syncthreads();
        if (const int q = q0 + lane; q < n_questions)
            for (int k = 0; k < min(block_categories, n_categories - k0); ++k)
                for (int o = first; o < min(tile, width - out0); o += tile_rows)
                    dweight[replica][(out0 + o) * columns + std::ptrdiff_t{k0 + k} * n_questions +
                                     q] += turned[(k * tile + lane) * tile_pitch + o];
        __syncthreads();
    }
}

dim3 tiles(int rows, int width, int replicas) {
    return dim3(static_cast<unsigned>(ceil_div(rows, tile)),
                static_cast<unsigned>(ceil_div(width, tile)), static_cast<unsigned>(replicas));
}

}  // namespace

void CudaDevice::run(const LinearDecayForward<float>& args) {
    const auto& [rows, shape, weight, bias, question, response, y] = args;
    launch({.grid = tiles(rows.capacity, shape.out, rows.replicas),
            .block = dim3(tile, tile_rows),
            .stream = stream(),
            .name = args.name,
            .shared_bytes = sizeof(float) * tile * tile_pitch},
           decay_forward_kernel, rows, shape, weight, bias, question, response, y);
}

void CudaDevice::run(const LinearDecayBackward<float>& args) {
    const auto& [rows, shape, question, response, dy, dweight, dbias] = args;
    const char* const name = args.name;
    add_column_sums(rows, shape.out, dy, dbias, name);
    const RowLists by_question = list_rows(rows, shape.questions, question, name);
    launch({.grid = tiles(shape.questions, shape.out, rows.replicas),
            .block = dim3(tile, tile_rows),
            .stream = stream(),
            .name = name,
            .shared_bytes = sizeof(float) * block_categories * tile * tile_pitch},
           decay_backward_kernel, shape, by_question, response, dy, dweight);
}

}  // namespace manygpcm::kernels::cuda
