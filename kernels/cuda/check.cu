#include "check.h"

#include <algorithm>
#include <cstdio>
#include <string>

#include "handles.h"
#include "manygpcm/kernels/backend.h"
#include "manygpcm/kernels/device.h"

namespace manygpcm::kernels::cuda {
namespace {

std::string in_gib(std::size_t bytes) {
    char text[32];
    std::snprintf(text, sizeof text, "%.2f GiB", static_cast<double>(bytes) / double(1 << 30));
    return text;
}

std::string free_memory() {
    std::size_t free = 0, total = 0;
    if (cudaMemGetInfo(&free, &total) != cudaSuccess) return "an unknown part";
    return in_gib(free) + " of " + in_gib(total);
}

/// "cudaMalloc(&p, 8)" without its arguments, and what it was for.
std::string name_call(const char* call, std::string_view what) {
    std::string text(call);
    text.resize(std::min(text.size(), text.find('(')));
    if (!what.empty()) text.append(" for '").append(what).append("'");
    return text;
}

[[noreturn]] void fail(const char* call, std::string_view what, const char* name,
                       const char* message, bool out_of_memory) {
    if (out_of_memory)
        throw OutOfMemory("the GPU's memory doesn't suffice: " + name_call(call, what) + "; " +
                          free_memory() + " are free");
    throw DeviceError(name_call(call, what) + " failed: " + name + ": " + message);
}

}  // namespace

void check(cudaError_t status, const char* call, std::string_view what) {
    if (status == cudaSuccess) return;
    static_cast<void>(cudaGetLastError());  // else the next call that asks would report it again
    fail(call, what, cudaGetErrorName(status), cudaGetErrorString(status),
         status == cudaErrorMemoryAllocation);
}

void check(cublasStatus_t status, const char* call, std::string_view what) {
    if (status == CUBLAS_STATUS_SUCCESS) return;
    fail(call, what, cublasGetStatusName(status), cublasGetStatusString(status),
         status == CUBLAS_STATUS_ALLOC_FAILED);
}

void check(cudnnStatus_t status, const char* call, std::string_view what) {
    if (status == CUDNN_STATUS_SUCCESS) return;
    char message[512] = "";
    cudnnGetLastErrorString(message, sizeof message);
    fail(call, what, cudnnGetErrorString(status), message, status == CUDNN_STATUS_ALLOC_FAILED);
}

DeviceMemory make_device_memory(std::size_t bytes, std::string_view what) {
    void* memory = nullptr;
    const cudaError_t status = cudaMalloc(&memory, bytes);
    if (status == cudaErrorMemoryAllocation) {
        static_cast<void>(cudaGetLastError());
        throw OutOfMemory("the GPU's memory doesn't suffice: '" + std::string(what) + "' takes " +
                          in_gib(bytes) + ", " + free_memory() + " are free");
    }
    check(status, "cudaMalloc", what);
    return DeviceMemory(memory);
}

}  // namespace manygpcm::kernels::cuda
