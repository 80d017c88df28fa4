// Every call of CUDA, cuBLAS and cuDNN is checked: what fails becomes an exception whose text names
// the call and, where there is one, the array or operation that it was for.
#pragma once

#include <cublasLt.h>
#include <cublas_v2.h>
#include <cuda_runtime.h>
#include <cudnn.h>

#include <string_view>

namespace manygpcm::kernels::cuda {

/// @throws OutOfMemory where the device's memory doesn't suffice, DeviceError for all else
void check(cudaError_t status, const char* call, std::string_view what = {});
void check(cublasStatus_t status, const char* call, std::string_view what = {});
void check(cudnnStatus_t status, const char* call, std::string_view what = {});

}  // namespace manygpcm::kernels::cuda

/// Checks a call; a second argument names the array or operation.
#define MANYGPCM_CHECK(call, ...) \
    ::manygpcm::kernels::cuda::check((call), #call __VA_OPT__(, ) __VA_ARGS__)
