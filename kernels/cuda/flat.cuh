// How threads are laid over arrays without rows: one vector each, blockIdx.y the replica.
#pragma once

#include "launch.h"
#include "vectors.cuh"

namespace manygpcm::kernels::cuda {

constexpr int flat_threads = 256;

inline dim3 flat_grid(std::size_t threads, int replicas) {
    return dim3(static_cast<unsigned>(ceil_div<std::size_t>(threads, flat_threads)),
                static_cast<unsigned>(replicas));
}

/// The number of this thread within its replica.
__device__ inline std::size_t flat_thread() {
    return std::size_t{blockIdx.x} * flat_threads + threadIdx.x;
}

inline std::size_t flat_size(int rows, int width) {
    return static_cast<std::size_t>(rows) * static_cast<std::size_t>(width);
}

}  // namespace manygpcm::kernels::cuda
