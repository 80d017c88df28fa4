// cuBLAS: products of column-major matrices, one, strided, by pointers and in groups.
#include <cublas_v2.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "memory.h"
#include "products.h"
#include "report.h"
#include "resources.h"

struct cublasContext {
    cudaStream_t stream = nullptr;
    bool tf32 = false;
};

namespace cuda_emulation {
namespace {

/// The shape of one product as cuBLAS takes it.
struct Shape {
    cublasOperation_t transpose_a, transpose_b;
    int m, n, k;
    int lda, ldb, ldc;
};

Matrix matrix(cublasOperation_t transpose, std::int64_t rows, std::int64_t columns, int ld) {
    if (transpose == CUBLAS_OP_N) return {rows, columns, 1, ld};
    return {rows, columns, ld, 1};
}

/// @returns "" where shape and leading dimensions are fine
std::string problem(const Shape& s) {
    if (s.m < 0 || s.n < 0 || s.k < 0) return fmt::format("m {}, n {}, k {}", s.m, s.n, s.k);
    const int rows_a = s.transpose_a == CUBLAS_OP_N ? s.m : s.k;
    const int rows_b = s.transpose_b == CUBLAS_OP_N ? s.k : s.n;
    if (s.lda < std::max(1, rows_a)) return fmt::format("lda {} < {} rows", s.lda, rows_a);
    if (s.ldb < std::max(1, rows_b)) return fmt::format("ldb {} < {} rows", s.ldb, rows_b);
    if (s.ldc < std::max(1, s.m)) return fmt::format("ldc {} < {} rows", s.ldc, s.m);
    return "";
}

Product product(const char* call, const Shape& s, float alpha, float beta, bool tf32) {
    Product p;
    p.call = call;
    p.a = matrix(s.transpose_a, s.m, s.k, s.lda);
    p.b = matrix(s.transpose_b, s.k, s.n, s.ldb);
    p.d = matrix(CUBLAS_OP_N, s.m, s.n, s.ldc);
    p.alpha = alpha;
    p.beta = beta;
    p.tf32 = tf32;
    return p;
}

/// Pointers [count] in device memory, read when the operation runs.
template <class T>
bool read_pointers(const char* call, const char* role, T* const* pointers, int count) {
    std::size_t where;
    Region& memory = device_memory();
    if (memory.contains(pointers) &&
        memory.check(memory.offset(pointers), static_cast<std::size_t>(count) * sizeof(T*), true,
                     &where) == Fault::none)
        return true;
    report_failure(cudaErrorIllegalAddress,
                   fmt::format("{}: the {} pointers of {} can't be read from {}", call, count, role,
                               describe(pointers)));
    return false;
}

}  // namespace
}  // namespace cuda_emulation

using namespace cuda_emulation;

const char* cublasGetStatusName(cublasStatus_t status) {
    switch (status) {
        case CUBLAS_STATUS_SUCCESS:
            return "CUBLAS_STATUS_SUCCESS";
        case CUBLAS_STATUS_NOT_INITIALIZED:
            return "CUBLAS_STATUS_NOT_INITIALIZED";
        case CUBLAS_STATUS_ALLOC_FAILED:
            return "CUBLAS_STATUS_ALLOC_FAILED";
        case CUBLAS_STATUS_INVALID_VALUE:
            return "CUBLAS_STATUS_INVALID_VALUE";
        case CUBLAS_STATUS_ARCH_MISMATCH:
            return "CUBLAS_STATUS_ARCH_MISMATCH";
        case CUBLAS_STATUS_MAPPING_ERROR:
            return "CUBLAS_STATUS_MAPPING_ERROR";
        case CUBLAS_STATUS_EXECUTION_FAILED:
            return "CUBLAS_STATUS_EXECUTION_FAILED";
        case CUBLAS_STATUS_INTERNAL_ERROR:
            return "CUBLAS_STATUS_INTERNAL_ERROR";
        case CUBLAS_STATUS_NOT_SUPPORTED:
            return "CUBLAS_STATUS_NOT_SUPPORTED";
        case CUBLAS_STATUS_LICENSE_ERROR:
            return "CUBLAS_STATUS_LICENSE_ERROR";
    }
    return "an unknown status of cuBLAS";
}

const char* cublasGetStatusString(cublasStatus_t status) {
    const std::lock_guard lock(device_mutex());
    if (status == CUBLAS_STATUS_SUCCESS || report_text().empty())
        return cublasGetStatusName(status);
    thread_local std::string text;
    text = report_text();
    return text.c_str();
}

cublasStatus_t cublasCreate(cublasHandle_t* handle) {
    const std::lock_guard lock(device_mutex());
    if (failure() != cudaSuccess) return CUBLAS_STATUS_NOT_INITIALIZED;
    *handle = new cublasContext;
    add_resource(*handle, "cuBLAS handle");
    return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasDestroy(cublasHandle_t handle) {
    const std::lock_guard lock(device_mutex());
    if (!remove_resource(handle, "cuBLAS handle"))
        return refuse(CUBLAS_STATUS_NOT_INITIALIZED, "cublasDestroy", "no such handle");
    delete handle;
    return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasSetStream(cublasHandle_t handle, cudaStream_t stream) {
    const std::lock_guard lock(device_mutex());
    if (!is_resource(handle, "cuBLAS handle") || check_stream(stream, "cublasSetStream"))
        return refuse(CUBLAS_STATUS_NOT_INITIALIZED, "cublasSetStream", "no such handle or stream");
    handle->stream = stream;
    return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasSetWorkspace(cublasHandle_t handle, void* workspace, std::size_t) {
    const std::lock_guard lock(device_mutex());
    if (!is_resource(handle, "cuBLAS handle"))
        return refuse(CUBLAS_STATUS_NOT_INITIALIZED, "cublasSetWorkspace", "no such handle");
    if (reinterpret_cast<std::uintptr_t>(workspace) % 256)
        return refuse(CUBLAS_STATUS_INVALID_VALUE, "cublasSetWorkspace",
                      "not aligned to 256 bytes");
    return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasSetMathMode(cublasHandle_t handle, cublasMath_t mode) {
    const std::lock_guard lock(device_mutex());
    if (!is_resource(handle, "cuBLAS handle"))
        return refuse(CUBLAS_STATUS_NOT_INITIALIZED, "cublasSetMathMode", "no such handle");
    handle->tf32 = (mode & 3) == CUBLAS_TF32_TENSOR_OP_MATH;
    return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasSetPointerMode(cublasHandle_t handle, cublasPointerMode_t mode) {
    const std::lock_guard lock(device_mutex());
    if (!is_resource(handle, "cuBLAS handle"))
        return refuse(CUBLAS_STATUS_NOT_INITIALIZED, "cublasSetPointerMode", "no such handle");
    if (mode != CUBLAS_POINTER_MODE_HOST)
        return refuse(CUBLAS_STATUS_NOT_SUPPORTED, "cublasSetPointerMode",
                      "only host scalars are emulated");
    return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasSgemm(cublasHandle_t handle, cublasOperation_t transpose_a,
                           cublasOperation_t transpose_b, int m, int n, int k, const float* alpha,
                           const float* a, int lda, const float* b, int ldb, const float* beta,
                           float* c, int ldc) {
    return cublasSgemmStridedBatched(handle, transpose_a, transpose_b, m, n, k, alpha, a, lda, 0, b,
                                     ldb, 0, beta, c, ldc, 0, 1);
}

cublasStatus_t cublasSgemmStridedBatched(cublasHandle_t handle, cublasOperation_t transpose_a,
                                         cublasOperation_t transpose_b, int m, int n, int k,
                                         const float* alpha, const float* a, int lda,
                                         long long stride_a, const float* b, int ldb,
                                         long long stride_b, const float* beta, float* c, int ldc,
                                         long long stride_c, int batches) {
    const std::lock_guard lock(device_mutex());
    const char* call = batches == 1 ? "cublasSgemm" : "cublasSgemmStridedBatched";
    if (failure() != cudaSuccess) return CUBLAS_STATUS_EXECUTION_FAILED;
    if (!is_resource(handle, "cuBLAS handle"))
        return refuse(CUBLAS_STATUS_NOT_INITIALIZED, call, "no such handle");
    const Shape shape{transpose_a, transpose_b, m, n, k, lda, ldb, ldc};
    std::string why = problem(shape);
    if (why.empty() && (!alpha || !beta)) why = "null";
    if (why.empty() && batches < 0) why = fmt::format("{} batches", batches);
    const bool apart = stride_c >= static_cast<long long>(n - 1) * ldc + m ||
                       (stride_c >= m && ldc >= stride_c * (batches - 1) + m);
    if (why.empty() && batches > 1 && !apart)
        why = fmt::format("the batches of C, {} by {}, overlap at stride {}", m, n, stride_c);
    if (!why.empty()) return refuse(CUBLAS_STATUS_INVALID_VALUE, call, why);
    if (m == 0 || n == 0) return CUBLAS_STATUS_SUCCESS;
    const Product p = product(call, shape, *alpha, *beta, handle->tf32);
    return as_status(enqueue(handle->stream, call, [=] {
        for (int batch = 0; batch < batches; ++batch)
            if (const cudaError_t error =
                    run_product(p, {a + batch * stride_a, b + batch * stride_b,
                                    c + batch * stride_c, nullptr, c + batch * stride_c}))
                return error;
        return cudaSuccess;
    }));
}

cublasStatus_t cublasSgemmBatched(cublasHandle_t handle, cublasOperation_t transpose_a,
                                  cublasOperation_t transpose_b, int m, int n, int k,
                                  const float* alpha, const float* const* a, int lda,
                                  const float* const* b, int ldb, const float* beta,
                                  float* const* c, int ldc, int batches) {
    return cublasSgemmGroupedBatched(handle, &transpose_a, &transpose_b, &m, &n, &k, alpha, a, &lda,
                                     b, &ldb, beta, c, &ldc, 1, &batches);
}

cublasStatus_t cublasSgemmGroupedBatched(cublasHandle_t handle,
                                         const cublasOperation_t* transpose_a,
                                         const cublasOperation_t* transpose_b, const int* m,
                                         const int* n, const int* k, const float* alpha,
                                         const float* const* a, const int* lda,
                                         const float* const* b, const int* ldb, const float* beta,
                                         float* const* c, const int* ldc, int groups,
                                         const int* group_sizes) {
    const std::lock_guard lock(device_mutex());
    const char* call = "cublasSgemmGroupedBatched";
    if (failure() != cudaSuccess) return CUBLAS_STATUS_EXECUTION_FAILED;
    if (!is_resource(handle, "cuBLAS handle"))
        return refuse(CUBLAS_STATUS_NOT_INITIALIZED, call, "no such handle");
    if (groups < 0)
        return refuse(CUBLAS_STATUS_INVALID_VALUE, call, fmt::format("{} groups", groups));
    std::vector<Product> products;  // one for every pointer
    for (int g = 0; g < groups; ++g) {
        const Shape shape{transpose_a[g], transpose_b[g], m[g], n[g], k[g], lda[g], ldb[g], ldc[g]};
        const std::string why = problem(shape);
        if (!why.empty())
            return refuse(CUBLAS_STATUS_INVALID_VALUE, call, fmt::format("group {}: {}", g, why));
        if (group_sizes[g] < 0)
            return refuse(CUBLAS_STATUS_INVALID_VALUE, call,
                          fmt::format("group {} of {} products", g, group_sizes[g]));
        products.insert(products.end(), static_cast<std::size_t>(group_sizes[g]),
                        product(call, shape, alpha[g], beta[g], handle->tf32));
    }
    return as_status(enqueue(handle->stream, call, [=, products = std::move(products)] {
        const int count = static_cast<int>(products.size());
        if (count == 0) return cudaSuccess;
        if (!read_pointers(call, "A", a, count) || !read_pointers(call, "B", b, count) ||
            !read_pointers(call, "C", c, count))
            return failure();
        for (int i = 0; i < count; ++i) {
            const Product& p = products[static_cast<std::size_t>(i)];
            if (p.d.rows == 0 || p.d.columns == 0) continue;
            if (const cudaError_t error = run_product(p, {a[i], b[i], c[i], nullptr, c[i]}))
                return error;
        }
        return cudaSuccess;
    }));
}

cublasStatus_t cublasGemmGroupedBatchedEx(
    cublasHandle_t handle, const cublasOperation_t* transpose_a,
    const cublasOperation_t* transpose_b, const int* m, const int* n, const int* k,
    const void* alpha, const void* const* a, cudaDataType_t type_a, const int* lda,
    const void* const* b, cudaDataType_t type_b, const int* ldb, const void* beta, void* const* c,
    cudaDataType_t type_c, const int* ldc, int groups, const int* group_sizes,
    cublasComputeType_t compute) {
    const std::lock_guard lock(device_mutex());
    const char* call = "cublasGemmGroupedBatchedEx";
    if (type_a != CUDA_R_32F || type_b != CUDA_R_32F || type_c != CUDA_R_32F)
        return refuse(CUBLAS_STATUS_NOT_SUPPORTED, call, "only single precision is emulated");
    if (compute != CUBLAS_COMPUTE_32F && compute != CUBLAS_COMPUTE_32F_PEDANTIC &&
        compute != CUBLAS_COMPUTE_32F_FAST_TF32)
        return refuse(CUBLAS_STATUS_NOT_SUPPORTED, call,
                      fmt::format("compute type {}", static_cast<int>(compute)));
    if (!is_resource(handle, "cuBLAS handle"))
        return refuse(CUBLAS_STATUS_NOT_INITIALIZED, call, "no such handle");
    const bool tf32 = std::exchange(handle->tf32, compute == CUBLAS_COMPUTE_32F_FAST_TF32);
    const cublasStatus_t status = cublasSgemmGroupedBatched(
        handle, transpose_a, transpose_b, m, n, k, static_cast<const float*>(alpha),
        reinterpret_cast<const float* const*>(a), lda, reinterpret_cast<const float* const*>(b),
        ldb, static_cast<const float*>(beta), reinterpret_cast<float* const*>(c), ldc, groups,
        group_sizes);
    handle->tf32 = tf32;
    return status;
}
