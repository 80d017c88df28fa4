// cublasLt's matrices are column-major: a row-major C = A B is, in the same memory, the
// column-major C^T = B^T A^T. So the second factor goes first, and a bias a column of C is a bias a
// row there, which is what cublasLt can add.
#include "gemm.h"

#include <algorithm>
#include <cstdint>

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

}  // namespace

Gemms::Gemms(cudaStream_t stream, bool tf32)
    : stream_(stream),
      compute_(tf32 ? CUBLAS_COMPUTE_32F_FAST_TF32 : CUBLAS_COMPUTE_32F),
      cublas_(make_handle<CublasLt>("cublasLtCreate", cublasLtCreate)),
      workspace_(make_device_memory(workspace_bytes, "workspace of cuBLAS")) {}

const GemmPlan& Gemms::plan(const GemmKey& key) {
    const auto [place, is_new] = plans_.try_emplace(key);
    GemmPlan& plan = place->second;
    if (!is_new) return plan;
    const GemmShape& s = key.shape;
    plan.operation = make_handle<MatmulDescriptor>("cublasLtMatmulDescCreate",
                                                   cublasLtMatmulDescCreate, compute_, CUDA_R_32F);
    const std::int32_t first = s.transpose_b ? CUBLAS_OP_T : CUBLAS_OP_N;
    const std::int32_t second = s.transpose_a ? CUBLAS_OP_T : CUBLAS_OP_N;
    set(plan.operation, CUBLASLT_MATMUL_DESC_TRANSA, first);
    set(plan.operation, CUBLASLT_MATMUL_DESC_TRANSB, second);
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
    return plan;
}

bool Gemms::run(int replicas, const GemmShape& shape, PerReplica<const float> a,
                PerReplica<const float> b, PerReplica<const float> bias, PerReplica<float> c,
                const char* what) {
    if (replicas == 0 || shape.m == 0 || shape.n == 0 || shape.k == 0) return true;
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

}  // namespace manygpcm::kernels::cuda
