// Matrix products of the emulated cuBLAS and cuBLASLt: right in every layout, and strict about
// arguments.
#include <cublasLt.h>

#include <Eigen/Dense>
#include <random>

#include "device.h"

namespace {

using testing::HasSubstr;
using Columns = Eigen::MatrixXf;
using Map = Eigen::Map<Columns, 0, Eigen::OuterStride<>>;

std::vector<float> random_values(std::size_t size) {
    std::mt19937 random(11);
    std::vector<float> values(size);
    for (float& x : values)
        x = std::uniform_real_distribution<float>(-1, 1)(random);
    return values;
}

Columns matrix(std::vector<float>& values, std::ptrdiff_t offset, int rows, int columns, int ld) {
    return Map(values.data() + offset, rows, columns, Eigen::OuterStride<>(ld));
}

/// D = alpha op(A) op(B) + beta C + bias by cublasLtMatmul, in shapes that tests may spoil.
struct Lt {
    int m = 5, n = 4, k = 3, lda = 7, ldb = 7, ldc = 9, batches = 3;
    std::int64_t stride_a = 50, stride_b = 60, stride_c = 40, bias_stride = 5;
    cublasOperation_t transpose_a = CUBLAS_OP_N, transpose_b = CUBLAS_OP_N;
    cublasComputeType_t compute = CUBLAS_COMPUTE_32F;
    cudaDataType_t scale = CUDA_R_32F;
    std::uint32_t epilogue = CUBLASLT_EPILOGUE_DEFAULT;
    std::uint64_t workspace_allowed = 1 << 16, workspace_given = 1 << 16;
    std::uint32_t alignment = 4;
    float alpha = 1, beta = 0;

    cublasStatus_t run(const float* a, const float* b, const float* bias, float* c,
                       cudaStream_t stream = nullptr) const {
        cublasLtHandle_t handle;
        cublasLtCreate(&handle);
        cublasLtMatmulDesc_t description;
        cublasLtMatmulDescCreate(&description, compute, scale);
        const auto set = [&](cublasLtMatmulDescAttributes_t attribute, auto value) {
            cublasLtMatmulDescSetAttribute(description, attribute, &value, sizeof(value));
        };
        set(CUBLASLT_MATMUL_DESC_TRANSA, static_cast<std::int32_t>(transpose_a));
        set(CUBLASLT_MATMUL_DESC_TRANSB, static_cast<std::int32_t>(transpose_b));
        set(CUBLASLT_MATMUL_DESC_EPILOGUE, epilogue);
        set(CUBLASLT_MATMUL_DESC_BIAS_POINTER, static_cast<const void*>(bias));
        set(CUBLASLT_MATMUL_DESC_BIAS_BATCH_STRIDE, bias_stride);
        const auto layout = [&](int rows, int columns, std::int64_t ld, std::int64_t stride) {
            cublasLtMatrixLayout_t made;
            cublasLtMatrixLayoutCreate(&made, CUDA_R_32F, static_cast<std::uint64_t>(rows),
                                       static_cast<std::uint64_t>(columns), ld);
            const std::int32_t count = batches;
            cublasLtMatrixLayoutSetAttribute(made, CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT, &count,
                                             sizeof(count));
            cublasLtMatrixLayoutSetAttribute(made, CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET,
                                             &stride, sizeof(stride));
            return made;
        };
        const bool ta = transpose_a != CUBLAS_OP_N, tb = transpose_b != CUBLAS_OP_N;
        const auto la = layout(ta ? k : m, ta ? m : k, lda, stride_a);
        const auto lb = layout(tb ? n : k, tb ? k : n, ldb, stride_b);
        const auto lc = layout(m, n, ldc, stride_c);
        cublasLtMatmulPreference_t preference;
        cublasLtMatmulPreferenceCreate(&preference);
        cublasLtMatmulPreferenceSetAttribute(preference, CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES,
                                             &workspace_allowed, sizeof(workspace_allowed));
        for (int i = 0; i < 4; ++i)
            cublasLtMatmulPreferenceSetAttribute(
                preference,
                static_cast<cublasLtMatmulPreferenceAttributes_t>(
                    CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES + i),
                &alignment, sizeof(alignment));
        cublasLtMatmulHeuristicResult_t found;
        int n_found = 0;
        cublasStatus_t status = cublasLtMatmulAlgoGetHeuristic(handle, description, la, lb, lc, lc,
                                                               preference, 1, &found, &n_found);
        void* workspace = nullptr;
        cudaMalloc(&workspace, workspace_given);
        if (status == CUBLAS_STATUS_SUCCESS)
            status = cublasLtMatmul(handle, description, &alpha, a, la, b, lb, &beta, c, lc, c, lc,
                                    &found.algo, workspace, workspace_given, stream);
        cudaFree(workspace);
        cublasLtMatmulPreferenceDestroy(preference);
        for (const auto made : {la, lb, lc})
            cublasLtMatrixLayoutDestroy(made);
        cublasLtMatmulDescDestroy(description);
        cublasLtDestroy(handle);
        return status;
    }
};

class Products : public Emulation {
  protected:
    std::vector<float> a_ = random_values(200), b_ = random_values(210), c_ = random_values(160),
                       bias_ = random_values(15);
};

TEST_F(Products, LtMatchesEigenInAllTransposesAndBatches) {
    for (const bool ta : {false, true})
        for (const bool tb : {false, true})
            for (const auto epilogue : {CUBLASLT_EPILOGUE_DEFAULT, CUBLASLT_EPILOGUE_RELU_BIAS}) {
                SCOPED_TRACE(testing::Message() << ta << tb << epilogue);
                Lt lt;
                lt.transpose_a = ta ? CUBLAS_OP_T : CUBLAS_OP_N;
                lt.transpose_b = tb ? CUBLAS_OP_T : CUBLAS_OP_N;
                lt.epilogue = epilogue;
                lt.alpha = 0.5f;
                lt.beta = 2;
                Array<float> a(a_), b(b_), c(c_), bias(bias_);
                ASSERT_EQ(lt.run(a.data(), b.data(), bias.data(), c.data()), CUBLAS_STATUS_SUCCESS)
                    << cuda_emulation::last_report();
                std::vector<float> expected = c_;
                for (int batch = 0; batch < lt.batches; ++batch) {
                    Columns left =
                        matrix(a_, batch * lt.stride_a, ta ? lt.k : lt.m, ta ? lt.m : lt.k, lt.lda);
                    Columns right =
                        matrix(b_, batch * lt.stride_b, tb ? lt.n : lt.k, tb ? lt.k : lt.n, lt.ldb);
                    if (ta) left.transposeInPlace();
                    if (tb) right.transposeInPlace();
                    Map place(expected.data() + batch * lt.stride_c, lt.m, lt.n,
                              Eigen::OuterStride<>(lt.ldc));
                    Columns sum = 0.5f * left * right + 2 * Columns(place);
                    if (epilogue != CUBLASLT_EPILOGUE_DEFAULT) {
                        sum.colwise() += Eigen::Map<Eigen::VectorXf>(
                            bias_.data() + batch * lt.bias_stride, lt.m);
                        sum = sum.cwiseMax(0);
                    }
                    place = sum;
                }
                // Between the columns nothing is touched.
                EXPECT_THAT(c.values(), testing::Pointwise(testing::FloatNear(1e-5f), expected));
            }
}

TEST_F(Products, LtRefusesWhatTheRealOneRefuses) {
    Array<float> a(a_), b(b_), c(c_), bias(bias_);
    const auto expect = [&](cublasStatus_t status, const char* why, auto spoil) {
        Lt lt;
        spoil(lt);
        EXPECT_EQ(lt.run(a.data(), b.data(), bias.data(), c.data()), status);
        EXPECT_THAT(cuda_emulation::last_report(), HasSubstr(why));
        EXPECT_THAT(cublasGetStatusString(status), HasSubstr(why));
        cuda_emulation::reset();
    };
    constexpr auto invalid = CUBLAS_STATUS_INVALID_VALUE, unsupported = CUBLAS_STATUS_NOT_SUPPORTED;
    expect(invalid, "leading dimension 4 of A, which is 5 by 3", [](Lt& lt) { lt.lda = 4; });
    expect(invalid, "leading dimension 3 of C", [](Lt& lt) { lt.ldc = 3; });
    expect(invalid, "batches of D, 5 by 4, overlap at stride 20", [](Lt& lt) { lt.stride_c = 20; });
    expect(unsupported, "scale type 1", [](Lt& lt) { lt.scale = CUDA_R_64F; });
    expect(unsupported, "compute type 64", [](Lt& lt) { lt.compute = CUBLAS_COMPUTE_16F; });
    expect(invalid, "bytes of workspace", [](Lt& lt) { lt.workspace_given = 256; });
    expect(invalid, "A is aligned to 8 bytes, its algorithm was chosen for 16",
           [](Lt& lt) { lt.alignment = 16; });
    expect(invalid, "bias batch stride 3 of 5 rows", [](Lt& lt) {
        lt.epilogue = CUBLASLT_EPILOGUE_BIAS;
        lt.bias_stride = 3;
    });
    // Side by side in one wider matrix they don't overlap.
    Lt beside;
    beside.ldc = 3 * beside.m;
    beside.stride_c = beside.m;
    EXPECT_EQ(beside.run(a.data(), b.data(), nullptr, c.data()), CUBLAS_STATUS_SUCCESS);
}

TEST_F(Products, ArraysMustBeLargeEnoughAndInitialised) {
    Array<float> a(a_), b(b_), c(c_), unset(200), small(std::vector<float>(100, 1.0f));
    EXPECT_EQ(Lt().run(unset.data(), b.data(), nullptr, c.data()), CUBLAS_STATUS_SUCCESS);
    EXPECT_EQ(cudaDeviceSynchronize(), cudaErrorIllegalAddress);
    EXPECT_THAT(cuda_emulation::last_report(),
                HasSubstr("cublasLtMatmul: A (5 by 3) isn't initialised"));
    cuda_emulation::reset();
    EXPECT_EQ(Lt().run(a.data(), b.data(), nullptr, small.data()), CUBLAS_STATUS_SUCCESS);
    EXPECT_EQ(cudaDeviceSynchronize(), cudaErrorIllegalAddress);
    EXPECT_THAT(cuda_emulation::last_report(), HasSubstr("D (5 by 4) writes 0 bytes behind"));
}

TEST_F(Products, Tf32RoundsFactorsToTenBits) {
    Lt lt;
    lt.m = lt.n = lt.k = lt.batches = 1;
    lt.compute = CUBLAS_COMPUTE_32F_FAST_TF32;
    Array<float> a(std::vector<float>{1 + 1.0f / 1024 + 1.0f / 4096}), b(std::vector<float>{1}),
        c(1);
    ASSERT_EQ(lt.run(a.data(), b.data(), nullptr, c.data()), CUBLAS_STATUS_SUCCESS);
    EXPECT_EQ(c.values()[0], 1 + 1.0f / 1024);
}

TEST_F(Products, GroupsOfUnequalShapes) {
    const std::vector<int> m{2, 3}, n{4, 1}, k{3, 5}, sizes{2, 1}, lda{2, 3}, ldb{3, 5}, ldc{2, 3};
    const std::vector<cublasOperation_t> no(2, CUBLAS_OP_N);
    const std::vector<float> alpha{1, 2}, beta{0, 0};
    Array<float> a(a_), b(b_), c(c_);
    const Array<const float*> as(std::vector<const float*>{a.data(), a.data() + 10, a.data() + 20});
    const Array<const float*> bs(std::vector<const float*>{b.data(), b.data() + 20, b.data() + 40});
    const Array<float*> cs(std::vector<float*>{c.data(), c.data() + 10, c.data() + 20});
    cublasHandle_t handle;
    cublasCreate(&handle);
    EXPECT_EQ(cublasSgemmGroupedBatched(handle, no.data(), no.data(), m.data(), n.data(), k.data(),
                                        alpha.data(), as.data(), lda.data(), bs.data(), ldb.data(),
                                        beta.data(), cs.data(), ldc.data(), 2, sizes.data()),
              CUBLAS_STATUS_SUCCESS);
    std::vector<float> values = c.values();
    for (int i = 0; i < 3; ++i) {
        const int g = i == 2;
        const Columns expected = alpha[g] * matrix(a_, 10 * i, m[g], k[g], lda[g]) *
                                 matrix(b_, 20 * i, k[g], n[g], ldb[g]);
        EXPECT_TRUE(matrix(values, 10 * i, m[g], n[g], ldc[g]).isApprox(expected, 1e-5f)) << i;
    }
    const std::vector<int> short_ld{1, 3};
    EXPECT_EQ(
        cublasSgemmGroupedBatched(handle, no.data(), no.data(), m.data(), n.data(), k.data(),
                                  alpha.data(), as.data(), short_ld.data(), bs.data(), ldb.data(),
                                  beta.data(), cs.data(), ldc.data(), 2, sizes.data()),
        CUBLAS_STATUS_INVALID_VALUE);
    EXPECT_THAT(cuda_emulation::last_report(), HasSubstr("group 0: lda 1 < 2 rows"));
    cublasDestroy(handle);
}

}  // namespace
