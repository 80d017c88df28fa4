// Starting kernels: what a kernel is called with is kept by value, so that a captured launch can
// run again.
#pragma once

#include <memory>
#include <tuple>
#include <type_traits>
#include <utility>

#include "runtime_api.h"

enum cudaLaunchAttributeID { cudaLaunchAttributeIgnore = 0 };
struct cudaLaunchAttribute {
    cudaLaunchAttributeID id;
};

struct cudaLaunchConfig_t {
    dim3 gridDim, blockDim;
    std::size_t dynamicSmemBytes;
    cudaStream_t stream;
    cudaLaunchAttribute* attrs;
    unsigned numAttrs;
};

enum cudaFuncAttribute {
    cudaFuncAttributeMaxDynamicSharedMemorySize = 8,
    cudaFuncAttributePreferredSharedMemoryCarveout = 9
};
struct cudaFuncAttributes {
    std::size_t sharedSizeBytes, constSizeBytes, localSizeBytes;
    int maxThreadsPerBlock, numRegs, ptxVersion, binaryVersion, maxDynamicSharedSizeBytes;
};

cudaError_t cudaFuncSetAttribute(const void* kernel, cudaFuncAttribute attribute, int value);
cudaError_t cudaFuncGetAttributes(cudaFuncAttributes* attributes, const void* kernel);
cudaError_t cudaOccupancyMaxActiveBlocksPerMultiprocessor(int* blocks, const void* kernel,
                                                          int block_size, std::size_t shared_bytes);

template <class... P>
cudaError_t cudaFuncSetAttribute(void (*kernel)(P...), cudaFuncAttribute attribute, int value) {
    return cudaFuncSetAttribute(reinterpret_cast<const void*>(kernel), attribute, value);
}
template <class... P>
cudaError_t cudaFuncGetAttributes(cudaFuncAttributes* attributes, void (*kernel)(P...)) {
    return cudaFuncGetAttributes(attributes, reinterpret_cast<const void*>(kernel));
}
template <class... P>
cudaError_t cudaOccupancyMaxActiveBlocksPerMultiprocessor(int* blocks, void (*kernel)(P...),
                                                          int block_size,
                                                          std::size_t shared_bytes) {
    return cudaOccupancyMaxActiveBlocksPerMultiprocessor(
        blocks, reinterpret_cast<const void*>(kernel), block_size, shared_bytes);
}

namespace cuda_emulation {

/// A kernel with its arguments, callable once per thread.
struct BoundKernel {
    const void* kernel = nullptr;
    void (*call)(const void* kernel, const void* arguments) = nullptr;
    std::shared_ptr<const void> arguments;
    std::size_t argument_bytes = 0;
};

cudaError_t launch(const cudaLaunchConfig_t& config, BoundKernel kernel);

}  // namespace cuda_emulation

template <class... P, class... A>
cudaError_t cudaLaunchKernelEx(const cudaLaunchConfig_t* config, void (*kernel)(P...),
                               A&&... arguments) {
    using Arguments = std::tuple<std::remove_cv_t<P>...>;
    static_assert(!(std::is_reference_v<P> || ...), "kernels take their arguments by value");
    if (!config) return cudaErrorInvalidValue;
    cuda_emulation::BoundKernel bound;
    bound.kernel = reinterpret_cast<const void*>(kernel);
    bound.call = [](const void* function, const void* values) {
        std::apply(reinterpret_cast<void (*)(P...)>(const_cast<void*>(function)),
                   *static_cast<const Arguments*>(values));
    };
    bound.arguments =
        std::make_shared<const Arguments>(static_cast<P>(std::forward<A>(arguments))...);
    bound.argument_bytes = sizeof(Arguments);
    return cuda_emulation::launch(*config, std::move(bound));
}
