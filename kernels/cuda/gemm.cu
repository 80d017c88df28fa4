// cublasLt's matrices are column-major: a row-major C = A B is, in the same memory, the
// column-major C^T = B^T A^T. So the second factor goes first, and a bias a column of C is a bias a
// row there, which is what cublasLt can add.
#include "gemm.h"

#include <algorithm>
#include <cstdint>

#include "launch.h"

namespace manygpcm::kernels::cuda {
namespace {

/// What cublasLt may use for itself: 32 MiB are what NVIDIA recommends for Hopper and later.
constexpr std::size_t workspace_bytes = std::size_t{32} << 20;
constexpr std::size_t most_alignment = 256;  // bytes; more changes nothing

/// The largest power of two by which every replica's array is aligned.
template <class T>
unsigned alignment(int replicas, const PerReplica<T>& array) {
    std::uintptr_t bits = reinterpret_cast<std::uintptr_t>(array.data) | most_alignment;
    if (replicas > 1) bits |= static_cast<std::uintptr_t>(array.stride) * sizeof(T);
    return static_cast<unsigned>(bits & (~bits + 1));
}

MatrixLayout make_layout(int rows, int columns, int ld, int replicas, std::ptrdiff_t stride) {
    auto layout = make_handle<MatrixLayout>(
        "cublasLtMatrixLayoutCreate", cublasLtMatrixLayoutCreate, CUDA_R_32F,
        static_cast<std::uint64_t>(rows), static_cast<std::uint64_t>(columns),
        static_cast<std::int64_t>(ld));
    const std::int32_t count = replicas;
    const std::int64_t offset = stride;
    MANYGPCM_CHECK(cublasLtMatrixLayoutSetAttribute(
        layout.get(), CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT, &count, sizeof count));
    MANYGPCM_CHECK(cublasLtMatrixLayoutSetAttribute(
        layout.get(), CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET, &offset, sizeof offset));
    return layout;
}

template <class T>
void set(const MatmulDescriptor& operation, cublasLtMatmulDescAttributes_t attribute, T value) {
    MANYGPCM_CHECK(
        cublasLtMatmulDescSetAttribute(operation.get(), attribute, &value, sizeof value));
}

template <class T>
void set(const MatmulPreference& preference, cublasLtMatmulPreferenceAttributes_t attribute,
         T value) {
    MANYGPCM_CHECK(
        cublasLtMatmulPreferenceSetAttribute(preference.get(), attribute, &value, sizeof value));
}

constexpr int pointer_threads = 128;

/// The arrays of pointers of one product. @param pointers of A, B and C, `all` apart
__global__ void __launch_bounds__(pointer_threads)
    point_kernel(int replicas, PerReplica<const float> a, PerReplica<const float> b,
                 PerReplica<float> c, const float** pointers, std::ptrdiff_t all) {
    const int replica = static_cast<int>(blockIdx.x * pointer_threads + threadIdx.x);
    if (replica >= replicas) return;
    pointers[replica] = a[replica];
    pointers[all + replica] = b[replica];
    pointers[2 * all + replica] = c[replica];
}

cublasOperation_t operation(bool transpose) {
    return transpose ? CUBLAS_OP_T : CUBLAS_OP_N;
}

}  // namespace

Gemms::Gemms(int ordinal, cudaStream_t stream, bool tf32)
    : ordinal_(ordinal),
      stream_(stream),
      compute_(tf32 ? CUBLAS_COMPUTE_32F_FAST_TF32 : CUBLAS_COMPUTE_32F),
      cublas_(make_handle<CublasLt>("cublasLtCreate", cublasLtCreate)),
      grouped_(make_handle<Cublas>("cublasCreate", cublasCreate)),
      workspace_(make_device_memory(workspace_bytes, "workspace of cuBLAS")) {
    MANYGPCM_CHECK(cublasSetStream(grouped_.get(), stream));
    MANYGPCM_CHECK(cublasSetWorkspace(grouped_.get(), workspace_.get(), workspace_bytes));
}

const GemmPlan& Gemms::plan(const GemmKey& key) {
    if (const auto known = plans_.find(key); known != plans_.end()) return known->second;
    GemmPlan plan;
    const GemmShape& s = key.shape;
    plan.operation = make_handle<MatmulDescriptor>("cublasLtMatmulDescCreate",
                                                   cublasLtMatmulDescCreate, compute_, CUDA_R_32F);
    set(plan.operation, CUBLASLT_MATMUL_DESC_TRANSA,
        static_cast<std::int32_t>(operation(s.transpose_b)));
    set(plan.operation, CUBLASLT_MATMUL_DESC_TRANSB,
        static_cast<std::int32_t>(operation(s.transpose_a)));
    if (key.bias) {
        set(plan.operation, CUBLASLT_MATMUL_DESC_EPILOGUE,
            static_cast<std::uint32_t>(CUBLASLT_EPILOGUE_BIAS));
        set(plan.operation, CUBLASLT_MATMUL_DESC_BIAS_BATCH_STRIDE,
            static_cast<std::int64_t>(key.stride_bias));
    }
    plan.a = s.transpose_b ? make_layout(s.k, s.n, s.ldb, key.replicas, key.stride_b)
                           : make_layout(s.n, s.k, s.ldb, key.replicas, key.stride_b);
    plan.b = s.transpose_a ? make_layout(s.m, s.k, s.lda, key.replicas, key.stride_a)
                           : make_layout(s.k, s.m, s.lda, key.replicas, key.stride_a);
    plan.c = make_layout(s.n, s.m, s.ldc, key.replicas, key.stride_c);

    const auto preference = make_handle<MatmulPreference>("cublasLtMatmulPreferenceCreate",
                                                          cublasLtMatmulPreferenceCreate);
    set(preference, CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES,
        static_cast<std::uint64_t>(workspace_bytes));
    set(preference, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES, key.alignment_b);
    set(preference, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES, key.alignment_a);
    set(preference, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES, key.alignment_c);
    set(preference, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES, key.alignment_c);
    cublasLtMatmulHeuristicResult_t found{};
    int n_found = 0;
    const cublasStatus_t status = cublasLtMatmulAlgoGetHeuristic(
        cublas_.get(), plan.operation.get(), plan.a.get(), plan.b.get(), plan.c.get(), plan.c.get(),
        preference.get(), 1, &found, &n_found);
    if (status != CUBLAS_STATUS_NOT_SUPPORTED) check(status, "cublasLtMatmulAlgoGetHeuristic");
    plan.exists =
        status == CUBLAS_STATUS_SUCCESS && n_found == 1 && found.state == CUBLAS_STATUS_SUCCESS;
    plan.algorithm = found.algo;
    return plans_.emplace(key, std::move(plan)).first->second;
}

bool Gemms::can_group(const Gemm& product) const {
    constexpr unsigned vector = 16;  // bytes that tensor cores are fed with at once
    return compute_ == CUBLAS_COMPUTE_32F || (alignment(product.replicas, product.a) >= vector &&
                                              alignment(product.replicas, product.b) >= vector &&
                                              alignment(product.replicas, product.c) >= vector);
}

bool Gemms::run(int replicas, const GemmShape& shape, PerReplica<const float> a,
                PerReplica<const float> b, PerReplica<const float> bias, PerReplica<float> c,
                const char* what) {
    if (replicas == 0 || shape.m == 0 || shape.n == 0 || shape.k == 0) return true;
    MANYGPCM_CHECK(cudaSetDevice(ordinal_));
    constexpr unsigned bias_alignment = 16;  // bytes, as cublasLt reads it
    const bool with_bias = bias && alignment(replicas, bias) >= bias_alignment;
    const GemmKey key{shape,
                      replicas,
                      a.stride,
                      b.stride,
                      c.stride,
                      with_bias ? bias.stride : 0,
                      alignment(replicas, a),
                      alignment(replicas, b),
                      alignment(replicas, c),
                      with_bias};
    const GemmPlan& found = plan(key);
    if (!found.exists && with_bias) {
        run(replicas, shape, a, b, {}, c, what);
        return false;
    }
    check(found.exists ? CUBLAS_STATUS_SUCCESS : CUBLAS_STATUS_NOT_SUPPORTED,
          "cublasLtMatmulAlgoGetHeuristic", what);
    if (with_bias)
        set(found.operation, CUBLASLT_MATMUL_DESC_BIAS_POINTER,
            static_cast<const void*>(bias.data));
    const float alpha = 1;
    MANYGPCM_CHECK(
        cublasLtMatmul(cublas_.get(), found.operation.get(), &alpha, b.data, found.a.get(), a.data,
                       found.b.get(), &shape.beta, c.data, found.c.get(), c.data, found.c.get(),
                       &found.algorithm, workspace_.get(), workspace_bytes, stream_),
        what);
    return with_bias || !bias;
}

void Gemms::run_group(const std::vector<Gemm>& products, float** pointers, const char* what) {
    std::ptrdiff_t all = 0;
    for (const Gemm& product : products)
        all += product.replicas;
    if (all == 0) return;
    MANYGPCM_CHECK(cudaSetDevice(ordinal_));
    const auto** const a = const_cast<const float**>(pointers);
    std::vector<cublasOperation_t> transpose_a, transpose_b;
    std::vector<int> m, n, k, lda, ldb, ldc, replicas;
    std::vector<float> alpha, beta;
    std::ptrdiff_t first = 0;
    for (const Gemm& product : products) {
        const GemmShape& s = product.shape;
        // As everywhere here, the second factor goes first.
        launch({.grid = dim3(static_cast<unsigned>(ceil_div(product.replicas, pointer_threads))),
                .block = dim3(pointer_threads),
                .stream = stream_,
                .name = what},
               point_kernel, product.replicas, product.b, product.a, product.c, a + first, all);
        first += product.replicas;
        transpose_a.push_back(operation(s.transpose_b));
        transpose_b.push_back(operation(s.transpose_a));
        m.push_back(s.n), n.push_back(s.m), k.push_back(s.k);
        lda.push_back(s.ldb), ldb.push_back(s.lda), ldc.push_back(s.ldc);
        alpha.push_back(1), beta.push_back(s.beta);
        replicas.push_back(product.replicas);
    }
    const auto as_void = [](const float** p) { return reinterpret_cast<const void**>(p); };
    MANYGPCM_CHECK(
        cublasGemmGroupedBatchedEx(
            grouped_.get(), transpose_a.data(), transpose_b.data(), m.data(), n.data(), k.data(),
            alpha.data(), as_void(a), CUDA_R_32F, lda.data(), as_void(a + all), CUDA_R_32F,
            ldb.data(), beta.data(), reinterpret_cast<void**>(pointers + 2 * all), CUDA_R_32F,
            ldc.data(), static_cast<int>(products.size()), replicas.data(), compute_),
        what);
}

}  // namespace manygpcm::kernels::cuda
