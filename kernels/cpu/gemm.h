// Matrix products over row-major arrays: oneDNN for float, Eigen for double (which only gradient
// checks use).
#pragma once

namespace manygpcm::kernels {

enum class Transpose { no, yes };

/// c = op(a) op(b) + beta c, with op(a) [m, k], op(b) [k, n], c [m, n]; lda, ldb, ldc are elements
/// between stored rows.
/// @throws std::runtime_error if oneDNN refuses.
void gemm(Transpose transpose_a, Transpose transpose_b, int m, int n, int k, const float* a,
          int lda, const float* b, int ldb, float beta, float* c, int ldc);
void gemm(Transpose transpose_a, Transpose transpose_b, int m, int n, int k, const double* a,
          int lda, const double* b, int ldb, double beta, double* c, int ldc);

}  // namespace manygpcm::kernels
