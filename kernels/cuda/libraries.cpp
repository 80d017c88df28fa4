// cuBLAS and cuDNN, loaded when a GPU is first opened: a program that links them would not start
// where they aren't installed, and they are too large (0.6 GB) to bring along. Each function that
// the engine calls stands here under its own name and calls the library's.
#include <cublasLt.h>
#include <cublas_v2.h>
#include <cudnn.h>
#include <dlfcn.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "manygpcm/kernels/device.h"

namespace manygpcm::kernels::cuda {
namespace {

#define MANYGPCM_TEXT_OF(value) #value
#define MANYGPCM_TEXT(macro) MANYGPCM_TEXT_OF(macro)
// The version whose headers were compiled, as the library's file name has it.
constexpr const char *cublas_lt = "libcublasLt.so." MANYGPCM_TEXT(CUBLAS_VER_MAJOR),
                     *cublas = "libcublas.so." MANYGPCM_TEXT(CUBLAS_VER_MAJOR),
                     *cudnn = "libcudnn.so." MANYGPCM_TEXT(CUDNN_MAJOR);

/// Where the loader looks (LD_LIBRARY_PATH, the system's list), then where CUDA is installed.
std::vector<std::string> places_of(const std::string& library) {
    std::vector<std::string> places{library};
    for (const char* variable : {"CUDA_HOME", "CUDA_PATH"})
        if (const char* folder = std::getenv(variable); folder != nullptr && *folder != '\0')
            places.push_back(std::string(folder) + "/lib64/" + library);
    places.push_back("/usr/local/cuda/lib64/" + library);
    return places;
}

/// The library, which stays loaded as long as the process lives. @throws DeviceError
void* load(const char* library) {
    std::string why;
    for (const std::string& place : places_of(library)) {
        if (void* loaded = dlopen(place.c_str(), RTLD_LAZY | RTLD_LOCAL)) return loaded;
        if (why.empty()) why = dlerror();
    }
    throw DeviceError(std::string("cannot load ") + library + ": " + why +
                      "; expected it in LD_LIBRARY_PATH, in CUDA_HOME's lib64 or in "
                      "/usr/local/cuda/lib64 (--device cpu does without)");
}

/// @throws DeviceError
template <class Function>
Function* find(const char* library, const char* name) {
    void* found = dlsym(load(library), name);
    if (found == nullptr)
        throw DeviceError(std::string(library) + " has no " + name + ": " + dlerror());
    return reinterpret_cast<Function*>(found);
}

}  // namespace
}  // namespace manygpcm::kernels::cuda

/// Defines the library's function, which is looked up when it is first called.
#define MANYGPCM_FORWARD(library, result, name, parameters, arguments)                      \
    extern "C" result name parameters {                                                     \
        using namespace manygpcm::kernels::cuda;                                            \
        static const auto function = find<result parameters>(library, MANYGPCM_TEXT(name)); \
        return function arguments;                                                          \
    }

MANYGPCM_FORWARD(cublas_lt, cublasStatus_t, cublasLtCreate, (cublasLtHandle_t * handle), (handle))
MANYGPCM_FORWARD(cublas_lt, cublasStatus_t, cublasLtDestroy, (cublasLtHandle_t handle), (handle))
MANYGPCM_FORWARD(cublas_lt, cublasStatus_t, cublasLtMatrixLayoutCreate,
                 (cublasLtMatrixLayout_t * layout, cudaDataType type, uint64_t rows,
                  uint64_t columns, int64_t stride),
                 (layout, type, rows, columns, stride))
MANYGPCM_FORWARD(cublas_lt, cublasStatus_t, cublasLtMatrixLayoutDestroy,
                 (cublasLtMatrixLayout_t layout), (layout))
MANYGPCM_FORWARD(cublas_lt, cublasStatus_t, cublasLtMatrixLayoutSetAttribute,
                 (cublasLtMatrixLayout_t layout, cublasLtMatrixLayoutAttribute_t attribute,
                  const void* value, size_t bytes),
                 (layout, attribute, value, bytes))
MANYGPCM_FORWARD(cublas_lt, cublasStatus_t, cublasLtMatmulDescCreate,
                 (cublasLtMatmulDesc_t * operation, cublasComputeType_t compute,
                  cudaDataType_t scale),
                 (operation, compute, scale))
MANYGPCM_FORWARD(cublas_lt, cublasStatus_t, cublasLtMatmulDescDestroy,
                 (cublasLtMatmulDesc_t operation), (operation))
MANYGPCM_FORWARD(cublas_lt, cublasStatus_t, cublasLtMatmulDescSetAttribute,
                 (cublasLtMatmulDesc_t operation, cublasLtMatmulDescAttributes_t attribute,
                  const void* value, size_t bytes),
                 (operation, attribute, value, bytes))
MANYGPCM_FORWARD(cublas_lt, cublasStatus_t, cublasLtMatmulPreferenceCreate,
                 (cublasLtMatmulPreference_t * preference), (preference))
MANYGPCM_FORWARD(cublas_lt, cublasStatus_t, cublasLtMatmulPreferenceDestroy,
                 (cublasLtMatmulPreference_t preference), (preference))
MANYGPCM_FORWARD(cublas_lt, cublasStatus_t, cublasLtMatmulPreferenceSetAttribute,
                 (cublasLtMatmulPreference_t preference,
                  cublasLtMatmulPreferenceAttributes_t attribute, const void* value, size_t bytes),
                 (preference, attribute, value, bytes))
MANYGPCM_FORWARD(cublas_lt, cublasStatus_t, cublasLtMatmulAlgoGetHeuristic,
                 (cublasLtHandle_t handle, cublasLtMatmulDesc_t operation, cublasLtMatrixLayout_t a,
                  cublasLtMatrixLayout_t b, cublasLtMatrixLayout_t c, cublasLtMatrixLayout_t d,
                  cublasLtMatmulPreference_t preference, int asked,
                  cublasLtMatmulHeuristicResult_t* results, int* found),
                 (handle, operation, a, b, c, d, preference, asked, results, found))
MANYGPCM_FORWARD(cublas_lt, cublasStatus_t, cublasLtMatmul,
                 (cublasLtHandle_t handle, cublasLtMatmulDesc_t operation, const void* alpha,
                  const void* a, cublasLtMatrixLayout_t layout_a, const void* b,
                  cublasLtMatrixLayout_t layout_b, const void* beta, const void* c,
                  cublasLtMatrixLayout_t layout_c, void* d, cublasLtMatrixLayout_t layout_d,
                  const cublasLtMatmulAlgo_t* algorithm, void* workspace, size_t workspace_bytes,
                  cudaStream_t stream),
                 (handle, operation, alpha, a, layout_a, b, layout_b, beta, c, layout_c, d,
                  layout_d, algorithm, workspace, workspace_bytes, stream))

// cublas_v2.h names the functions that are meant.
MANYGPCM_FORWARD(cublas, cublasStatus_t, cublasCreate, (cublasHandle_t * handle), (handle))
MANYGPCM_FORWARD(cublas, cublasStatus_t, cublasDestroy, (cublasHandle_t handle), (handle))
MANYGPCM_FORWARD(cublas, cublasStatus_t, cublasSetStream,
                 (cublasHandle_t handle, cudaStream_t stream), (handle, stream))
MANYGPCM_FORWARD(cublas, cublasStatus_t, cublasSetWorkspace,
                 (cublasHandle_t handle, void* workspace, size_t bytes), (handle, workspace, bytes))
MANYGPCM_FORWARD(cublas, cublasStatus_t, cublasGemmGroupedBatchedEx,
                 (cublasHandle_t handle, const cublasOperation_t* transpose_a,
                  const cublasOperation_t* transpose_b, const int* m, const int* n, const int* k,
                  const void* alpha, const void* const* a, cudaDataType_t type_a, const int* lda,
                  const void* const* b, cudaDataType_t type_b, const int* ldb, const void* beta,
                  void* const* c, cudaDataType_t type_c, const int* ldc, int groups,
                  const int* group_sizes, cublasComputeType_t compute),
                 (handle, transpose_a, transpose_b, m, n, k, alpha, a, type_a, lda, b, type_b, ldb,
                  beta, c, type_c, ldc, groups, group_sizes, compute))
MANYGPCM_FORWARD(cublas, const char*, cublasGetStatusName, (cublasStatus_t status), (status))
MANYGPCM_FORWARD(cublas, const char*, cublasGetStatusString, (cublasStatus_t status), (status))

MANYGPCM_FORWARD(cudnn, cudnnStatus_t, cudnnCreate, (cudnnHandle_t * handle), (handle))
MANYGPCM_FORWARD(cudnn, cudnnStatus_t, cudnnDestroy, (cudnnHandle_t handle), (handle))
MANYGPCM_FORWARD(cudnn, cudnnStatus_t, cudnnSetStream, (cudnnHandle_t handle, cudaStream_t stream),
                 (handle, stream))
MANYGPCM_FORWARD(cudnn, cudnnStatus_t, cudnnCreateTensorDescriptor,
                 (cudnnTensorDescriptor_t * tensor), (tensor))
MANYGPCM_FORWARD(cudnn, cudnnStatus_t, cudnnDestroyTensorDescriptor,
                 (cudnnTensorDescriptor_t tensor), (tensor))
MANYGPCM_FORWARD(cudnn, cudnnStatus_t, cudnnSetTensor4dDescriptorEx,
                 (cudnnTensorDescriptor_t tensor, cudnnDataType_t type, int n, int c, int h, int w,
                  int stride_n, int stride_c, int stride_h, int stride_w),
                 (tensor, type, n, c, h, w, stride_n, stride_c, stride_h, stride_w))
MANYGPCM_FORWARD(cudnn, cudnnStatus_t, cudnnSoftmaxForward,
                 (cudnnHandle_t handle, cudnnSoftmaxAlgorithm_t algorithm, cudnnSoftmaxMode_t mode,
                  const void* alpha, cudnnTensorDescriptor_t layout_x, const void* x,
                  const void* beta, cudnnTensorDescriptor_t layout_y, void* y),
                 (handle, algorithm, mode, alpha, layout_x, x, beta, layout_y, y))
MANYGPCM_FORWARD(cudnn, cudnnStatus_t, cudnnSoftmaxBackward,
                 (cudnnHandle_t handle, cudnnSoftmaxAlgorithm_t algorithm, cudnnSoftmaxMode_t mode,
                  const void* alpha, cudnnTensorDescriptor_t layout_y, const void* y,
                  cudnnTensorDescriptor_t layout_dy, const void* dy, const void* beta,
                  cudnnTensorDescriptor_t layout_dx, void* dx),
                 (handle, algorithm, mode, alpha, layout_y, y, layout_dy, dy, beta, layout_dx, dx))
MANYGPCM_FORWARD(cudnn, const char*, cudnnGetErrorString, (cudnnStatus_t status), (status))
MANYGPCM_FORWARD(cudnn, void, cudnnGetLastErrorString, (char* message, size_t bytes),
                 (message, bytes))
