// A thread takes a row: there is one a question, of a column or a few.
#include "cuda_device.h"
#include "launch.h"
#include "rows.cuh"

namespace manygpcm::kernels::cuda {
namespace {

__global__ void __launch_bounds__(row_threads)
    ascending_forward_kernel(Rows rows, AscendingShape shape, PerReplica<const float> in,
                             PerReplica<float> out) {
    const int replica = static_cast<int>(blockIdx.y);
    const int row = static_cast<int>(blockIdx.x * row_threads + threadIdx.x);
    if (row >= rows.capacity) return;
    const float* const x = in[replica] + std::ptrdiff_t{row} * shape.width;
    float* const y = out[replica] + std::ptrdiff_t{row} * shape.width;
    float sum = 0;
    for (int j = 0; j < shape.width; ++j) {
        if (j <= shape.first)
            sum = x[j];
        else
            sum += fmaxf(x[j], 0) + log1pf(expf(-fabsf(x[j])));  // softplus
        y[j] = shape.bounded && j >= shape.first ? tanhf(sum) : sum;
    }
}

__global__ void __launch_bounds__(row_threads)
    ascending_backward_kernel(Rows rows, AscendingShape shape, PerReplica<const float> in,
                              PerReplica<const float> out, PerReplica<const float> dout,
                              PerReplica<float> din) {
    const int replica = static_cast<int>(blockIdx.y);
    const int row = static_cast<int>(blockIdx.x * row_threads + threadIdx.x);
    if (row >= rows.capacity) return;
    const bool given = row < rows[replica];
    const std::ptrdiff_t at = std::ptrdiff_t{row} * shape.width;
    const float *const x = in[replica] + at, *const y = out[replica] + at,
                       *const dy = dout[replica] + at;
    float* const dx = din[replica] + at;
    float sum = 0;
    for (int j = shape.width - 1; j >= 0; --j) {
        if (!given) {
            dx[j] = 0;
        } else if (j < shape.first) {
            dx[j] = dy[j];
        } else {
            sum += shape.bounded ? dy[j] * (1 - y[j] * y[j]) : dy[j];
            dx[j] = j == shape.first ? sum : sum / (1 + expf(-x[j]));
        }
    }
}

Launch a_thread_a_row(Rows rows, cudaStream_t stream, const char* name) {
    return {.grid = dim3(static_cast<unsigned>(ceil_div(rows.capacity, row_threads)),
                         static_cast<unsigned>(rows.replicas)),
            .block = row_threads,
            .stream = stream,
            .name = name};
}

}  // namespace

void CudaDevice::run(const AscendingForward<float>& args) {
    launch(a_thread_a_row(args.rows, stream(), args.name), ascending_forward_kernel, args.rows,
           args.shape, args.x, args.y);
}

void CudaDevice::run(const AscendingBackward<float>& args) {
    launch(a_thread_a_row(args.rows, stream(), args.name), ascending_backward_kernel, args.rows,
           args.shape, args.x, args.y, args.dy, args.dx);
}

}  // namespace manygpcm::kernels::cuda
