#include "cpu/gemm.h"

#include <dnnl.h>
#include <Eigen/Core>
#include <stdexcept>

namespace manygpcm::kernels {

void gemm(Transpose transpose_a, Transpose transpose_b, int m, int n, int k, const float* a,
          int lda, const float* b, int ldb, float beta, float* c, int ldc) {
    const auto letter = [](Transpose t) { return t == Transpose::yes ? 'T' : 'N'; };
    const dnnl_status_t status = dnnl_sgemm(letter(transpose_a), letter(transpose_b), m, n, k, 1.0f,
                                            a, lda, b, ldb, beta, c, ldc);
    if (status != dnnl_success) throw std::runtime_error("oneDNN: dnnl_sgemm failed");
}

void gemm(Transpose transpose_a, Transpose transpose_b, int m, int n, int k, const double* a,
          int lda, const double* b, int ldb, double beta, double* c, int ldc) {
    using Matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
    using Stride = Eigen::OuterStride<>;
    const auto op = [](Transpose t, int rows, int columns, const double* data,
                       int stride) -> Matrix {
        if (t == Transpose::no)
            return Eigen::Map<const Matrix, 0, Stride>(data, rows, columns, Stride(stride));
        return Eigen::Map<const Matrix, 0, Stride>(data, columns, rows, Stride(stride)).transpose();
    };
    Eigen::Map<Matrix, 0, Stride> out(c, m, n, Stride(ldc));
    if (beta == 0)
        out.setZero();
    else
        out *= beta;
    out.noalias() += op(transpose_a, m, k, a, lda) * op(transpose_b, k, n, b, ldb);
}

}  // namespace manygpcm::kernels
