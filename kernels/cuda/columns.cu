#include "columns.cuh"

namespace manygpcm::kernels::cuda {
namespace {

constexpr int partial_rows = tile_threads / warp_size;

__global__ void __launch_bounds__(tile_threads)
    add_partial_sums_kernel(int chunks, int arrays, int width, const float* partial,
                            PerReplica<float> first, PerReplica<float> second) {
    const int replica = static_cast<int>(blockIdx.y), array = static_cast<int>(blockIdx.z);
    const int column = static_cast<int>(blockIdx.x) * warp_size + static_cast<int>(threadIdx.x);
    Floats<1> sum = zeros<1>();
    if (column < width)
        for (int chunk = static_cast<int>(threadIdx.y); chunk < chunks; chunk += partial_rows)
            sum.at[0] +=
                partial[((std::ptrdiff_t{replica} * chunks + chunk) * arrays + array) * width +
                        column];
    sum = sum_block_rows(sum, block_shared<float>());
    if (threadIdx.y == 0 && column < width)
        (array == 0 ? first : second)[replica][column] += sum.at[0];
}

}  // namespace

void add_partial_sums(cudaStream_t stream, const char* name, int replicas, int chunks, int width,
                      const float* partial, PerReplica<float> first, PerReplica<float> second) {
    const int arrays = second ? 2 : 1;
    launch({.grid = dim3(static_cast<unsigned>(ceil_div(width, warp_size)),
                         static_cast<unsigned>(replicas), static_cast<unsigned>(arrays)),
            .block = dim3(warp_size, partial_rows),
            .stream = stream,
            .name = name,
            .shared_bytes = block_rows_bytes<1>()},
           add_partial_sums_kernel, chunks, arrays, width, partial, first, second);
}

}  // namespace manygpcm::kernels::cuda
