#include "device.h"

#include <cuda_emulation/control.h>
#include <cuda_emulation/runtime_api.h>
#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <vector>

#include "memory.h"
#include "report.h"
#include "resources.h"
#include "streams.h"

namespace cuda_emulation {

void reset() {
    const std::lock_guard lock(device_mutex());
    forget_errors();
    set_device_bytes_total(0);
    shuffle_blocks(0);
}

void set_memory_limit(std::size_t bytes) {
    const std::lock_guard lock(device_mutex());
    set_device_bytes_total(bytes);
}

std::string leaks() {
    const std::lock_guard lock(device_mutex());
    return live_allocations() + live_resources();
}

}  // namespace cuda_emulation

using namespace cuda_emulation;

namespace {
constexpr int clock_khz = 1'000'000, memory_clock_khz = 1'000'000;

cudaError_t known_device(int device, const char* call) {
    if (device == 0) return failure();
    return refuse(cudaErrorInvalidDevice,
                  fmt::format("{}: device {} where 0 is the only one", call, device));
}
}  // namespace

cudaError_t cudaGetDeviceCount(int* count) {
    *count = 1;
    return cudaSuccess;
}
cudaError_t cudaGetDevice(int* device) {
    *device = 0;
    return cudaSuccess;
}
cudaError_t cudaSetDevice(int device) {
    const std::lock_guard lock(device_mutex());
    return known_device(device, "cudaSetDevice");
}
cudaError_t cudaDriverGetVersion(int* version) {
    *version = 13000;
    return cudaSuccess;
}
cudaError_t cudaRuntimeGetVersion(int* version) {
    *version = 13000;
    return cudaSuccess;
}

cudaError_t cudaGetDeviceProperties(cudaDeviceProp* properties, int device) {
    const std::lock_guard lock(device_mutex());
    if (device != 0) return known_device(device, "cudaGetDeviceProperties");
    cudaDeviceProp& p = *properties;
    p = {};
    std::snprintf(p.name, sizeof(p.name), "emulated device");
    p.totalGlobalMem = device_bytes_total();
    p.sharedMemPerBlock = default_shared_memory;
    p.sharedMemPerBlockOptin = most_shared_memory;
    p.sharedMemPerMultiprocessor = multiprocessor_shared_memory;
    p.regsPerBlock = p.regsPerMultiprocessor = 65536;
    p.warpSize = 32;
    p.maxThreadsPerBlock = most_threads;
    p.maxThreadsDim[0] = p.maxThreadsDim[1] = 1024;
    p.maxThreadsDim[2] = 64;
    p.maxGridSize[0] = 0x7fffffff;
    p.maxGridSize[1] = p.maxGridSize[2] = 65535;
    p.major = 8;
    p.multiProcessorCount = 4;
    p.l2CacheSize = 1 << 20;
    p.maxThreadsPerMultiProcessor = multiprocessor_threads;
    p.maxBlocksPerMultiProcessor = multiprocessor_blocks;
    p.memoryBusWidth = 64;
    p.asyncEngineCount = p.concurrentKernels = p.memoryPoolsSupported = 1;
    return failure();
}

cudaError_t cudaDeviceGetAttribute(int* value, cudaDeviceAttr attribute, int device) {
    cudaDeviceProp p;
    if (const cudaError_t error = cudaGetDeviceProperties(&p, device)) return error;
    switch (attribute) {
        case cudaDevAttrMaxThreadsPerBlock:
            *value = p.maxThreadsPerBlock;
            break;
        case cudaDevAttrMaxSharedMemoryPerBlock:
            *value = static_cast<int>(p.sharedMemPerBlock);
            break;
        case cudaDevAttrWarpSize:
            *value = p.warpSize;
            break;
        case cudaDevAttrClockRate:
            *value = clock_khz;
            break;
        case cudaDevAttrMemoryClockRate:
            *value = memory_clock_khz;
            break;
        case cudaDevAttrGlobalMemoryBusWidth:
            *value = p.memoryBusWidth;
            break;
        case cudaDevAttrMultiProcessorCount:
            *value = p.multiProcessorCount;
            break;
        case cudaDevAttrMaxThreadsPerMultiProcessor:
            *value = p.maxThreadsPerMultiProcessor;
            break;
        case cudaDevAttrComputeCapabilityMajor:
            *value = p.major;
            break;
        case cudaDevAttrComputeCapabilityMinor:
            *value = p.minor;
            break;
        case cudaDevAttrMaxSharedMemoryPerMultiprocessor:
            *value = static_cast<int>(p.sharedMemPerMultiprocessor);
            break;
        case cudaDevAttrMaxSharedMemoryPerBlockOptin:
            *value = static_cast<int>(p.sharedMemPerBlockOptin);
            break;
        case cudaDevAttrMemoryPoolsSupported:
            *value = p.memoryPoolsSupported;
            break;
    }
    return cudaSuccess;
}

cudaError_t cudaDeviceSynchronize() {
    const std::lock_guard lock(device_mutex());
    if (const cudaError_t error = forbidden_in_capture("cudaDeviceSynchronize")) return error;
    return failure();
}
