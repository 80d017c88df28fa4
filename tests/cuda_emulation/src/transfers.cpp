// Allocating, copying and setting device memory, with the shadow kept: copies carry along which
// bytes were initialised.
#include <cuda_emulation/runtime_api.h>
#include <fmt/format.h>

#include <cstdlib>
#include <cstring>
#include <vector>

#include "memory.h"
#include "report.h"
#include "resources.h"
#include "streams.h"

namespace cuda_emulation {
namespace {

struct Copy {
    unsigned char* to;
    std::size_t to_pitch;
    const unsigned char* from;
    std::size_t from_pitch, width, height;
    cudaMemcpyKind kind;
};

bool on_device(const void* address) {
    return device_memory().contains(address);
}

/// Whether a device range is in bounds; its contents may be uninitialised.
cudaError_t check_range(const void* address, std::size_t bytes, const char* call,
                        const char* role) {
    std::size_t where = 0;
    if (bytes == 0 ||
        device_memory().check(device_memory().offset(address), bytes, false, &where) == Fault::none)
        return cudaSuccess;
    return refuse(cudaErrorInvalidValue,
                  fmt::format("{}: the {} bytes {} {} reach {}", call, bytes, role,
                              describe(address), describe(device_memory().at(where))));
}

cudaError_t run_copy(const Copy& copy, const char* call) {
    for (std::size_t row = 0; row < copy.height; ++row) {
        unsigned char* to = copy.to + row * copy.to_pitch;
        const unsigned char* from = copy.from + row * copy.from_pitch;
        if (on_device(to))
            if (const cudaError_t error = check_range(to, copy.width, call, "to")) return error;
        if (on_device(from)) {
            if (const cudaError_t error = check_range(from, copy.width, call, "from")) return error;
            // Copies on the device carry the mark along; the host would take it for a value.
            std::size_t where = 0;
            if (!on_device(to) && device_memory().check(device_memory().offset(from), copy.width,
                                                        true, &where) != Fault::none) {
                report_failure(cudaErrorIllegalAddress,
                               fmt::format("{}: {} isn't initialised", call,
                                           describe(device_memory().at(where))));
                return failure();
            }
        }
        std::memmove(to, from, copy.width);
        if (on_device(to) && on_device(from))
            device_memory().copy_initialised(device_memory().offset(to),
                                             device_memory().offset(from), copy.width);
        else if (on_device(to))
            device_memory().set_initialised(device_memory().offset(to), copy.width, true);
    }
    return cudaSuccess;
}

cudaError_t copy(const Copy& copy, const char* call, cudaStream_t stream, bool waits) {
    const std::lock_guard lock(device_mutex());
    if (failure() != cudaSuccess) return failure();
    if (waits)
        if (const cudaError_t error = forbidden_in_capture(call)) return error;
    if (copy.width == 0 || copy.height == 0) return cudaSuccess;
    if (!copy.to || !copy.from) return refuse(cudaErrorInvalidValue, fmt::format("{}: null", call));
    if (copy.height > 1 && (copy.to_pitch < copy.width || copy.from_pitch < copy.width))
        return refuse(cudaErrorInvalidPitchValue,
                      fmt::format("{}: pitches {} and {} of rows of {} bytes", call, copy.to_pitch,
                                  copy.from_pitch, copy.width));
    const bool to_device =
        copy.kind == cudaMemcpyHostToDevice || copy.kind == cudaMemcpyDeviceToDevice;
    const bool from_device =
        copy.kind == cudaMemcpyDeviceToHost || copy.kind == cudaMemcpyDeviceToDevice;
    if (copy.kind != cudaMemcpyDefault &&
        (on_device(copy.to) != to_device || on_device(copy.from) != from_device))
        return refuse(cudaErrorInvalidValue, fmt::format("{}: direction {} from {} to {}", call,
                                                         static_cast<int>(copy.kind),
                                                         on_device(copy.from) ? "device" : "host",
                                                         on_device(copy.to) ? "device" : "host"));
    const cudaError_t error = enqueue(stream, call, [copy, call] { return run_copy(copy, call); });
    return waits && error == cudaSuccess ? failure() : error;
}

cudaError_t set(void* memory, std::size_t pitch, int value, std::size_t width, std::size_t height,
                const char* call, cudaStream_t stream, bool waits) {
    const std::lock_guard lock(device_mutex());
    if (failure() != cudaSuccess) return failure();
    if (waits)
        if (const cudaError_t error = forbidden_in_capture(call)) return error;
    if (width == 0 || height == 0) return cudaSuccess;
    if (!on_device(memory))
        return refuse(cudaErrorInvalidValue, fmt::format("{}: {}", call, describe(memory)));
    if (height > 1 && pitch < width)
        return refuse(cudaErrorInvalidPitchValue,
                      fmt::format("{}: pitch {} of rows of {} bytes", call, pitch, width));
    return enqueue(stream, call, [=] {
        for (std::size_t row = 0; row < height; ++row) {
            unsigned char* to = static_cast<unsigned char*>(memory) + row * pitch;
            if (const cudaError_t error = check_range(to, width, call, "at")) return error;
            std::memset(to, value, width);
            device_memory().set_initialised(device_memory().offset(to), width, true);
        }
        return cudaSuccess;
    });
}

cudaError_t allocate(void** memory, std::size_t bytes, const char* call) {
    if (failure() != cudaSuccess) return failure();
    if (!memory) return refuse(cudaErrorInvalidValue, fmt::format("{}: null", call));
    *memory = nullptr;
    if (bytes == 0) return cudaSuccess;
    *memory = allocate_device(bytes);
    if (*memory) return cudaSuccess;
    return refuse(cudaErrorMemoryAllocation, fmt::format("{}: {} bytes asked for, {} are free",
                                                         call, bytes, device_bytes_free()));
}

cudaError_t release(void* memory, const char* call) {
    if (!memory || free_device(memory)) return failure();
    return refuse(cudaErrorInvalidValue,
                  fmt::format("{}: {} isn't the start of an allocation", call, describe(memory)));
}

}  // namespace
}  // namespace cuda_emulation

using namespace cuda_emulation;

cudaError_t cudaMalloc(void** memory, std::size_t bytes) {
    const std::lock_guard lock(device_mutex());
    if (const cudaError_t error = forbidden_in_capture("cudaMalloc")) return error;
    return allocate(memory, bytes, "cudaMalloc");
}

cudaError_t cudaFree(void* memory) {
    const std::lock_guard lock(device_mutex());
    if (const cudaError_t error = forbidden_in_capture("cudaFree")) return error;
    return release(memory, "cudaFree");
}

// A captured allocation would become a node of the graph; nothing here needs that.
cudaError_t cudaMallocAsync(void** memory, std::size_t bytes, cudaStream_t stream) {
    const std::lock_guard lock(device_mutex());
    if (const cudaError_t error = check_stream(stream, "cudaMallocAsync")) return error;
    if (const cudaError_t error = forbidden_in_capture("cudaMallocAsync")) return error;
    return allocate(memory, bytes, "cudaMallocAsync");
}

cudaError_t cudaFreeAsync(void* memory, cudaStream_t) {
    const std::lock_guard lock(device_mutex());
    if (const cudaError_t error = forbidden_in_capture("cudaFreeAsync")) return error;
    return release(memory, "cudaFreeAsync");
}

cudaError_t cudaHostAlloc(void** memory, std::size_t bytes, unsigned) {
    const std::lock_guard lock(device_mutex());
    if (failure() != cudaSuccess) return failure();
    if (const cudaError_t error = forbidden_in_capture("cudaHostAlloc")) return error;
    *memory = bytes ? std::malloc(bytes) : nullptr;
    if (*memory) add_resource(*memory, "pinned memory");
    return bytes && !*memory ? refuse(cudaErrorMemoryAllocation, "cudaHostAlloc: out of memory")
                             : cudaSuccess;
}

cudaError_t cudaMallocHost(void** memory, std::size_t bytes) {
    return cudaHostAlloc(memory, bytes, cudaHostAllocDefault);
}

cudaError_t cudaFreeHost(void* memory) {
    const std::lock_guard lock(device_mutex());
    if (!memory) return failure();
    if (!remove_resource(memory, "pinned memory"))
        return refuse(cudaErrorInvalidValue, "cudaFreeHost: not the start of pinned memory");
    std::free(memory);
    return failure();
}

cudaError_t cudaMemGetInfo(std::size_t* free, std::size_t* total) {
    const std::lock_guard lock(device_mutex());
    *free = device_bytes_free();
    *total = device_bytes_total();
    return failure();
}

cudaError_t cudaMemcpy(void* to, const void* from, std::size_t bytes, cudaMemcpyKind kind) {
    return cudaMemcpy2D(to, bytes, from, bytes, bytes, 1, kind);
}
cudaError_t cudaMemcpyAsync(void* to, const void* from, std::size_t bytes, cudaMemcpyKind kind,
                            cudaStream_t stream) {
    return cudaMemcpy2DAsync(to, bytes, from, bytes, bytes, 1, kind, stream);
}
cudaError_t cudaMemcpy2D(void* to, std::size_t to_pitch, const void* from, std::size_t from_pitch,
                         std::size_t width, std::size_t height, cudaMemcpyKind kind) {
    return copy({static_cast<unsigned char*>(to), to_pitch, static_cast<const unsigned char*>(from),
                 from_pitch, width, height, kind},
                "cudaMemcpy", nullptr, true);
}
cudaError_t cudaMemcpy2DAsync(void* to, std::size_t to_pitch, const void* from,
                              std::size_t from_pitch, std::size_t width, std::size_t height,
                              cudaMemcpyKind kind, cudaStream_t stream) {
    return copy({static_cast<unsigned char*>(to), to_pitch, static_cast<const unsigned char*>(from),
                 from_pitch, width, height, kind},
                "cudaMemcpyAsync", stream, false);
}
cudaError_t cudaMemset(void* memory, int value, std::size_t bytes) {
    return set(memory, bytes, value, bytes, 1, "cudaMemset", nullptr, true);
}
cudaError_t cudaMemsetAsync(void* memory, int value, std::size_t bytes, cudaStream_t stream) {
    return set(memory, bytes, value, bytes, 1, "cudaMemsetAsync", stream, false);
}
cudaError_t cudaMemset2DAsync(void* memory, std::size_t pitch, int value, std::size_t width,
                              std::size_t height, cudaStream_t stream) {
    return set(memory, pitch, value, width, height, "cudaMemset2DAsync", stream, false);
}
