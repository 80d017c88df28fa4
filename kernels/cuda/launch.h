// Starting kernels. Launches go through cudaLaunchKernelEx, ordinary C++, so that the same sources
// compile for a device and, in the tests' emulation, for the host. For the same reason all shared
// memory is dynamic and no kernel declares a __shared__ array of its own.
#pragma once

#include <cstddef>
#include <string>
#include <utility>

#include "check.h"
#include "manygpcm/kernels/device.h"

namespace manygpcm::kernels::cuda {

constexpr int warp_size = 32;
constexpr unsigned all_lanes = 0xffffffffu;
/// Shared memory of a block that needs no opting in.
constexpr std::size_t default_shared_bytes = 48 << 10;

template <class T>
__host__ __device__ constexpr T ceil_div(T a, T b) {
    return (a + b - 1) / b;
}

struct Launch {
    dim3 grid, block;
    cudaStream_t stream = nullptr;
    const char* name = "";  ///< of the kernel, for errors
    std::size_t shared_bytes = 0;
};

/// Lets a kernel have as much shared memory as the GPU allows: a limit that all threads set alike.
/// @throws Unsupported where a block asks for more
void allow_shared_memory(const void* kernel, std::size_t bytes, const char* name);

/// Of the GPU that this thread uses.
int multiprocessors(const char* name);

/// Starts `kernel(arguments...)`. A grid with no blocks does nothing.
template <class... Parameters, class... Arguments>
void launch(const Launch& where, void (*kernel)(Parameters...), Arguments&&... arguments) {
    if (where.grid.x == 0 || where.grid.y == 0 || where.grid.z == 0) return;
    if (where.shared_bytes > default_shared_bytes)
        allow_shared_memory(reinterpret_cast<const void*>(kernel), where.shared_bytes, where.name);
    cudaLaunchConfig_t config{};
    config.gridDim = where.grid;
    config.blockDim = where.block;
    config.dynamicSmemBytes = where.shared_bytes;
    config.stream = where.stream;
    MANYGPCM_CHECK(cudaLaunchKernelEx(&config, kernel, std::forward<Arguments>(arguments)...),
                   where.name);
}

/// What predicts from steps whose response isn't known is the CPU's.
/// @throws Unsupported where there may be such
inline void expect_known_responses(KnownEnds known_end, const char* name) {
    if (known_end)
        throw Unsupported(std::string(name) +
                          ": steps without a response; only the CPU takes them");
}

/// Of the block that is running; the tests' emulation has an array of this name.
extern __shared__ __align__(128) unsigned char shared_memory[];

/// The block's dynamic shared memory.
template <class T>
__device__ T* block_shared() {
    return reinterpret_cast<T*>(shared_memory);
}

}  // namespace manygpcm::kernels::cuda
