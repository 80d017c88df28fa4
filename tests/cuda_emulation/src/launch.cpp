// Launches: the limits that a device has (those of sm_80), and the blocks of a grid one after
// another.
#include <cuda_emulation/control.h>
#include <cuda_emulation/kernel_launch.h>
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <random>

#include "block.h"
#include "device.h"
#include "memory.h"
#include "names.h"
#include "report.h"
#include "streams.h"

namespace cuda_emulation {
namespace {

std::uint64_t block_order_seed = 0;

/// Shared memory that kernels opted in to.
std::map<const void*, std::size_t>& shared_limits() {
    static std::map<const void*, std::size_t> limits;
    return limits;
}

std::size_t shared_limit(const void* kernel) {
    const auto found = shared_limits().find(kernel);
    return found == shared_limits().end() ? default_shared_memory : found->second;
}

/// Blocks run so far, by which races.h tells them apart.
std::uint64_t blocks_run = 0;

cudaError_t run(const KernelLaunch& launch) {
    const dim3 size = launch.grid;
    const std::size_t blocks = std::size_t{size.x} * size.y * size.z;
    if (blocks > Stamp::last_block / 2) {
        report_failure(cudaErrorNotSupported, "a grid of more blocks than the emulation can count");
        return failure();
    }
    if (blocks_run + blocks > Stamp::last_block) {
        forget_stamps();
        blocks_run = 0;
    }
    Block::make_instance();
    RunningGrid grid{launch, blocks_run + 1, {}};
    blocks_run += blocks;
    if (block_order_seed) {
        grid.order.resize(blocks);
        std::iota(grid.order.begin(), grid.order.end(), std::size_t{0});
        std::shuffle(grid.order.begin(), grid.order.end(), std::mt19937_64(block_order_seed));
    }
    for (std::size_t i = 0; i < blocks; ++i)
        if (!Block::instance().run(grid, grid.first_number + i)) break;
    return failure();
}

}  // namespace

void shuffle_blocks(std::uint64_t seed) {
    const std::lock_guard lock(device_mutex());
    block_order_seed = seed;
}

cudaError_t launch(const cudaLaunchConfig_t& config, BoundKernel kernel) {
    const std::lock_guard lock(device_mutex());
    if (failure() != cudaSuccess) return failure();
    const dim3 grid = config.gridDim, block = config.blockDim;
    const auto refused = [&](cudaError_t code, const std::string& why) {
        return refuse(code, fmt::format("kernel {}: {}", kernel_name(kernel.kernel), why));
    };
    if (config.numAttrs) return refused(cudaErrorNotSupported, "launch attributes aren't emulated");
    if (grid.x < 1 || grid.y < 1 || grid.z < 1 || grid.x > 0x7fffffffu || grid.y > 65535 ||
        grid.z > 65535)
        return refused(cudaErrorInvalidConfiguration,
                       fmt::format("grid of ({}, {}, {}) blocks", grid.x, grid.y, grid.z));
    if (block.x < 1 || block.y < 1 || block.z < 1 || block.x > 1024 || block.y > 1024 ||
        block.z > 64 || block.x * block.y * block.z > most_threads)
        return refused(cudaErrorInvalidConfiguration,
                       fmt::format("block of ({}, {}, {}) threads", block.x, block.y, block.z));
    if (config.dynamicSmemBytes > shared_limit(kernel.kernel))
        return refused(cudaErrorInvalidValue,
                       fmt::format("{} bytes of shared memory where {} are allowed",
                                   config.dynamicSmemBytes, shared_limit(kernel.kernel)));
    if (calls_listed()) {
        calls_listed()->push_back({.name = kernel_name(kernel.kernel),
                                   .kernel = true,
                                   .threads = static_cast<int>(block.x * block.y * block.z),
                                   .shared_bytes = config.dynamicSmemBytes});
        return cudaSuccess;
    }
    KernelLaunch kept{std::move(kernel), grid, block, config.dynamicSmemBytes};
    return enqueue(config.stream, "cudaLaunchKernelEx",
                   [kept = std::move(kept)] { return run(kept); });
}

}  // namespace cuda_emulation

using namespace cuda_emulation;

cudaError_t cudaFuncSetAttribute(const void* kernel, cudaFuncAttribute attribute, int value) {
    const std::lock_guard lock(device_mutex());
    if (failure() != cudaSuccess) return failure();
    if (!kernel) return refuse(cudaErrorInvalidDeviceFunction, "cudaFuncSetAttribute: no kernel");
    if (attribute != cudaFuncAttributeMaxDynamicSharedMemorySize) return cudaSuccess;
    if (value < 0 || static_cast<std::size_t>(value) > most_shared_memory)
        return refuse(cudaErrorInvalidValue,
                      fmt::format("kernel {}: {} bytes of shared memory asked for, {} are the most",
                                  kernel_name(kernel), value, most_shared_memory));
    shared_limits()[kernel] = static_cast<std::size_t>(value);
    return cudaSuccess;
}

cudaError_t cudaFuncGetAttributes(cudaFuncAttributes* attributes, const void* kernel) {
    const std::lock_guard lock(device_mutex());
    if (!attributes || !kernel) return refuse(cudaErrorInvalidValue, "cudaFuncGetAttributes: null");
    *attributes = {};
    attributes->maxThreadsPerBlock = most_threads;
    attributes->numRegs = 32;
    attributes->ptxVersion = attributes->binaryVersion = 80;
    attributes->maxDynamicSharedSizeBytes = static_cast<int>(shared_limit(kernel));
    return failure();
}

cudaError_t cudaOccupancyMaxActiveBlocksPerMultiprocessor(int* blocks, const void* kernel,
                                                          int block_size,
                                                          std::size_t shared_bytes) {
    const std::lock_guard lock(device_mutex());
    if (!blocks || !kernel || block_size < 1)
        return refuse(cudaErrorInvalidValue,
                      "cudaOccupancyMaxActiveBlocksPerMultiprocessor: invalid argument");
    // Threads and shared memory alone: there are no registers here. Each block takes 1 KiB itself.
    const int by_threads = multiprocessor_threads / ((block_size + 31) / 32 * 32);
    const int by_shared =
        static_cast<int>(multiprocessor_shared_memory / (shared_bytes + (std::size_t{1} << 10)));
    *blocks = block_size > most_threads || shared_bytes > most_shared_memory
                  ? 0
                  : std::min({multiprocessor_blocks, by_threads, by_shared});
    return failure();
}
