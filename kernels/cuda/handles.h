// Owners of what CUDA, cuBLAS and cuDNN hand out: unique pointers that give it back.
#pragma once

#include <memory>
#include <string_view>
#include <type_traits>

#include "check.h"

namespace manygpcm::kernels::cuda {

template <auto destroy>
struct Destroy {
    template <class T>
    void operator()(T* handle) const noexcept {
        static_cast<void>(destroy(handle));  // nobody is left to tell of an error
    }
};
template <class T, auto destroy>
using Handle = std::unique_ptr<std::remove_pointer_t<T>, Destroy<destroy>>;

using Stream = Handle<cudaStream_t, cudaStreamDestroy>;
using Event = Handle<cudaEvent_t, cudaEventDestroy>;
using Graph = Handle<cudaGraph_t, cudaGraphDestroy>;
using GraphExec = Handle<cudaGraphExec_t, cudaGraphExecDestroy>;
using DeviceMemory = Handle<void*, cudaFree>;
using Cublas = Handle<cublasHandle_t, cublasDestroy>;
using CublasLt = Handle<cublasLtHandle_t, cublasLtDestroy>;
using MatmulDescriptor = Handle<cublasLtMatmulDesc_t, cublasLtMatmulDescDestroy>;
using MatrixLayout = Handle<cublasLtMatrixLayout_t, cublasLtMatrixLayoutDestroy>;
using MatmulPreference = Handle<cublasLtMatmulPreference_t, cublasLtMatmulPreferenceDestroy>;
using Cudnn = Handle<cudnnHandle_t, cudnnDestroy>;
using TensorDescriptor = Handle<cudnnTensorDescriptor_t, cudnnDestroyTensorDescriptor>;

/// Makes a handle with `create(T*, arguments...)`. @param call its name, for errors
template <class Owner, class Create, class... Arguments>
Owner make_handle(const char* call, Create create, Arguments... arguments) {
    typename Owner::pointer handle = nullptr;
    check(create(&handle, arguments...), call);
    return Owner(handle);
}

/// Not zeroed, aligned to 256 bytes. @param what names it in errors @throws OutOfMemory
DeviceMemory make_device_memory(std::size_t bytes, std::string_view what);

}  // namespace manygpcm::kernels::cuda
