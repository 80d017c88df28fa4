// cuDNN's softmax, forward and backward, on plain loops with its checks.
#include <cudnn.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <vector>

#include "memory.h"
#include "report.h"
#include "resources.h"
#include "streams.h"

struct cudnnContext {
    cudaStream_t stream = nullptr;
};
struct cudnnTensorStruct {
    cudnnDataType_t type = CUDNN_DATA_FLOAT;
    std::array<int, 4> sizes{}, strides{};  ///< n, c, h, w
};

namespace cuda_emulation {
namespace {

using Tensor = cudnnTensorStruct;

cudnnStatus_t refuse(cudnnStatus_t status, const char* call, const std::string& why) {
    note(fmt::format("{}: {}", call, why));
    return status;
}

/// One softmax: offsets of its elements in a tensor.
std::vector<std::vector<std::int64_t>> groups(const Tensor& t, cudnnSoftmaxMode_t mode) {
    std::vector<std::vector<std::int64_t>> all;
    const auto offset = [&](int n, int c, int h, int w) {
        return std::int64_t{n} * t.strides[0] + std::int64_t{c} * t.strides[1] +
               std::int64_t{h} * t.strides[2] + std::int64_t{w} * t.strides[3];
    };
    const auto [N, C, H, W] = t.sizes;
    const bool instance = mode == CUDNN_SOFTMAX_MODE_INSTANCE;
    for (int n = 0; n < N; ++n)
        for (int p = 0; p < (instance ? 1 : H * W); ++p) {
            auto& group = all.emplace_back();
            for (int c = 0; c < C; ++c)
                for (int q = instance ? 0 : p; q < (instance ? H * W : p + 1); ++q)
                    group.push_back(offset(n, c, q / W, q % W));
        }
    return all;
}

bool check(const char* call, const char* role, const std::vector<std::int64_t>& group,
           const void* data, bool reading) {
    for (const std::int64_t place : group) {
        const float* element = static_cast<const float*>(data) + place;
        std::size_t where;
        const auto fault = device_memory().contains(element)
                               ? device_memory().check(device_memory().offset(element),
                                                       sizeof(float), reading, &where)
                               : Fault::out_of_bounds;
        if (fault == Fault::none) continue;
        report_failure(
            cudaErrorIllegalAddress,
            fmt::format("{}: {} {} {}", call, role,
                        fault == Fault::uninitialised ? "isn't initialised at" : "touches",
                        describe(element)));
        return false;
    }
    return true;
}

void store(float alpha, float beta, float value, float* to) {
    *to = alpha * value + (beta != 0 ? beta * *to : 0);
    device_memory().set_initialised(device_memory().offset(to), sizeof(float), true);
}

cudnnStatus_t check_tensors(const char* call, std::initializer_list<cudnnTensorDescriptor_t> all) {
    for (const cudnnTensorDescriptor_t t : all) {
        if (!is_resource(t, "cuDNN tensor descriptor"))
            return refuse(CUDNN_STATUS_BAD_PARAM, call, "no such tensor descriptor");
        if (t->sizes[0] < 1)
            return refuse(CUDNN_STATUS_BAD_PARAM, call, "a descriptor that wasn't set");
        if (t->type != CUDNN_DATA_FLOAT)
            return refuse(CUDNN_STATUS_NOT_SUPPORTED, call, "only single precision is emulated");
        if (t->sizes != (*all.begin())->sizes)
            return refuse(CUDNN_STATUS_BAD_PARAM, call, "tensors of different sizes");
    }
    return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t as_status(cudaError_t error) {
    return error == cudaSuccess ? CUDNN_STATUS_SUCCESS : CUDNN_STATUS_EXECUTION_FAILED;
}

}  // namespace
}  // namespace cuda_emulation

using namespace cuda_emulation;

const char* cudnnGetErrorString(cudnnStatus_t status) {
    switch (status) {
        case CUDNN_STATUS_SUCCESS:
            return "CUDNN_STATUS_SUCCESS";
        case CUDNN_STATUS_NOT_INITIALIZED:
            return "CUDNN_STATUS_NOT_INITIALIZED";
        case CUDNN_STATUS_BAD_PARAM:
            return "CUDNN_STATUS_BAD_PARAM";
        case CUDNN_STATUS_BAD_PARAM_NULL_POINTER:
            return "CUDNN_STATUS_BAD_PARAM_NULL_POINTER";
        case CUDNN_STATUS_NOT_SUPPORTED:
            return "CUDNN_STATUS_NOT_SUPPORTED";
        case CUDNN_STATUS_INTERNAL_ERROR:
            return "CUDNN_STATUS_INTERNAL_ERROR";
        case CUDNN_STATUS_ALLOC_FAILED:
            return "CUDNN_STATUS_ALLOC_FAILED";
        case CUDNN_STATUS_EXECUTION_FAILED:
            return "CUDNN_STATUS_EXECUTION_FAILED";
    }
    return "an unknown status of cuDNN";
}

void cudnnGetLastErrorString(char* message, std::size_t bytes) {
    const std::lock_guard lock(device_mutex());
    std::snprintf(message, bytes, "%s", report_text().c_str());
}

std::size_t cudnnGetVersion() {
    return 90000;
}

cudnnStatus_t cudnnCreate(cudnnHandle_t* handle) {
    const std::lock_guard lock(device_mutex());
    if (failure() != cudaSuccess) return CUDNN_STATUS_NOT_INITIALIZED;
    *handle = new cudnnContext;
    add_resource(*handle, "cuDNN handle");
    return CUDNN_STATUS_SUCCESS;
}
cudnnStatus_t cudnnDestroy(cudnnHandle_t handle) {
    const std::lock_guard lock(device_mutex());
    if (!remove_resource(handle, "cuDNN handle"))
        return refuse(CUDNN_STATUS_BAD_PARAM, "cudnnDestroy", "no such handle");
    delete handle;
    return CUDNN_STATUS_SUCCESS;
}
cudnnStatus_t cudnnSetStream(cudnnHandle_t handle, cudaStream_t stream) {
    const std::lock_guard lock(device_mutex());
    if (!is_resource(handle, "cuDNN handle") || check_stream(stream, "cudnnSetStream"))
        return refuse(CUDNN_STATUS_BAD_PARAM, "cudnnSetStream", "no such handle or stream");
    handle->stream = stream;
    return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnCreateTensorDescriptor(cudnnTensorDescriptor_t* tensor) {
    const std::lock_guard lock(device_mutex());
    *tensor = new cudnnTensorStruct;
    add_resource(*tensor, "cuDNN tensor descriptor");
    return CUDNN_STATUS_SUCCESS;
}
cudnnStatus_t cudnnDestroyTensorDescriptor(cudnnTensorDescriptor_t tensor) {
    const std::lock_guard lock(device_mutex());
    if (!remove_resource(tensor, "cuDNN tensor descriptor"))
        return refuse(CUDNN_STATUS_BAD_PARAM, "cudnnDestroyTensorDescriptor", "no such descriptor");
    delete tensor;
    return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnSetTensor4dDescriptor(cudnnTensorDescriptor_t tensor, cudnnTensorFormat_t format,
                                         cudnnDataType_t type, int n, int c, int h, int w) {
    const std::int64_t image = std::int64_t{c} * h * w;
    if (image > INT32_MAX)
        return refuse(CUDNN_STATUS_NOT_SUPPORTED, "cudnnSetTensor4dDescriptor",
                      "2^31 elements or more");
    const int whole = static_cast<int>(image);
    return format == CUDNN_TENSOR_NCHW
               ? cudnnSetTensor4dDescriptorEx(tensor, type, n, c, h, w, whole, h * w, w, 1)
               : cudnnSetTensor4dDescriptorEx(tensor, type, n, c, h, w, whole, 1, w * c, c);
}
cudnnStatus_t cudnnSetTensor4dDescriptorEx(cudnnTensorDescriptor_t tensor, cudnnDataType_t type,
                                           int n, int c, int h, int w, int n_stride, int c_stride,
                                           int h_stride, int w_stride) {
    const std::lock_guard lock(device_mutex());
    const char* call = "cudnnSetTensor4dDescriptorEx";
    if (!is_resource(tensor, "cuDNN tensor descriptor"))
        return refuse(CUDNN_STATUS_BAD_PARAM, call, "no such descriptor");
    if (n < 1 || c < 1 || h < 1 || w < 1 || n_stride < 0 || c_stride < 0 || h_stride < 0 ||
        w_stride < 0)
        return refuse(CUDNN_STATUS_BAD_PARAM, call,
                      fmt::format("sizes {}, {}, {}, {} and strides {}, {}, {}, {}", n, c, h, w,
                                  n_stride, c_stride, h_stride, w_stride));
    if (std::int64_t{n} * c * h * w > INT32_MAX)
        return refuse(CUDNN_STATUS_NOT_SUPPORTED, call, "2^31 elements or more");
    tensor->type = type;
    tensor->sizes = {n, c, h, w};
    tensor->strides = {n_stride, c_stride, h_stride, w_stride};
    return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnSoftmaxForward(cudnnHandle_t handle, cudnnSoftmaxAlgorithm_t algorithm,
                                  cudnnSoftmaxMode_t mode, const void* alpha,
                                  cudnnTensorDescriptor_t x_layout, const void* x, const void* beta,
                                  cudnnTensorDescriptor_t y_layout, void* y) {
    const std::lock_guard lock(device_mutex());
    const char* call = "cudnnSoftmaxForward";
    if (failure() != cudaSuccess) return CUDNN_STATUS_EXECUTION_FAILED;
    if (!is_resource(handle, "cuDNN handle"))
        return refuse(CUDNN_STATUS_NOT_INITIALIZED, call, "no such handle");
    if (!alpha || !beta || !x || !y)
        return refuse(CUDNN_STATUS_BAD_PARAM_NULL_POINTER, call, "null");
    if (const cudnnStatus_t status = check_tensors(call, {x_layout, y_layout})) return status;
    const float scale = *static_cast<const float*>(alpha), kept = *static_cast<const float*>(beta);
    return as_status(enqueue(
        handle->stream, call, [=, xs = groups(*x_layout, mode), ys = groups(*y_layout, mode)] {
            const auto* in = static_cast<const float*>(x);
            auto* out = static_cast<float*>(y);
            for (std::size_t g = 0; g < xs.size(); ++g) {
                if (!check(call, "x", xs[g], x, true) || !check(call, "y", ys[g], y, kept != 0))
                    return failure();
                const bool shifted = algorithm != CUDNN_SOFTMAX_FAST;
                float largest = -INFINITY, sum = 0;
                for (const std::int64_t i : xs[g])
                    largest = std::max(largest, in[i]);
                if (!shifted) largest = 0;
                for (const std::int64_t i : xs[g])
                    sum += std::exp(in[i] - largest);
                for (std::size_t i = 0; i < xs[g].size(); ++i) {
                    const float value = in[xs[g][i]] - largest;
                    store(scale, kept,
                          algorithm == CUDNN_SOFTMAX_LOG ? value - std::log(sum)
                                                         : std::exp(value) / sum,
                          out + ys[g][i]);
                }
            }
            return cudaSuccess;
        }));
}

cudnnStatus_t cudnnSoftmaxBackward(cudnnHandle_t handle, cudnnSoftmaxAlgorithm_t algorithm,
                                   cudnnSoftmaxMode_t mode, const void* alpha,
                                   cudnnTensorDescriptor_t y_layout, const void* y,
                                   cudnnTensorDescriptor_t dy_layout, const void* dy,
                                   const void* beta, cudnnTensorDescriptor_t dx_layout, void* dx) {
    const std::lock_guard lock(device_mutex());
    const char* call = "cudnnSoftmaxBackward";
    if (failure() != cudaSuccess) return CUDNN_STATUS_EXECUTION_FAILED;
    if (!is_resource(handle, "cuDNN handle"))
        return refuse(CUDNN_STATUS_NOT_INITIALIZED, call, "no such handle");
    if (!alpha || !beta || !y || !dy || !dx)
        return refuse(CUDNN_STATUS_BAD_PARAM_NULL_POINTER, call, "null");
    if (const cudnnStatus_t status = check_tensors(call, {y_layout, dy_layout, dx_layout}))
        return status;
    const float scale = *static_cast<const float*>(alpha), kept = *static_cast<const float*>(beta);
    return as_status(enqueue(
        handle->stream, call,
        [=, ys = groups(*y_layout, mode), dys = groups(*dy_layout, mode),
         dxs = groups(*dx_layout, mode)] {
            const auto *out = static_cast<const float*>(y), *dout = static_cast<const float*>(dy);
            const bool logarithm = algorithm == CUDNN_SOFTMAX_LOG;
            for (std::size_t g = 0; g < ys.size(); ++g) {
                if (!check(call, "y", ys[g], y, true) || !check(call, "dy", dys[g], dy, true) ||
                    !check(call, "dx", dxs[g], dx, kept != 0))
                    return failure();
                float sum = 0;
                for (std::size_t i = 0; i < ys[g].size(); ++i)
                    sum += (logarithm ? 1 : out[ys[g][i]]) * dout[dys[g][i]];
                std::vector<float> values(ys[g].size());
                for (std::size_t i = 0; i < values.size(); ++i) {
                    const float p = out[ys[g][i]], d = dout[dys[g][i]];
                    values[i] = logarithm ? d - std::exp(p) * sum : p * (d - sum);
                }
                for (std::size_t i = 0; i < values.size(); ++i)
                    store(scale, kept, values[i], static_cast<float*>(dx) + dxs[g][i]);
            }
            return cudaSuccess;
        }));
}
