#include "manygpcm/kernels/composed_linear.h"

#include <algorithm>

#include "cpu/dispatch.h"
#include "cpu/gemm.h"

namespace manygpcm::kernels {

template <class T>
void composed_linear_forward(int replicas, const ComposedLinearShape& shape,
                             const ComposedLinearInput<T>& in, PerReplica<T> weight,
                             PerReplica<T> bias) {
    const auto [n, middle, out, stride] = shape;
    for (int r = 0; r < replicas; ++r) {
        gemm(Transpose::no, Transpose::no, out, n, middle, in.outer_weight[r], stride,
             in.inner_weight[r], n, Write::replace, weight[r], n);
        std::copy_n(in.outer_bias[r], out, bias[r]);
        gemm(Transpose::no, Transpose::no, out, 1, middle, in.outer_weight[r], stride,
             in.inner_bias[r], 1, Write::add, bias[r], 1);
    }
}

template <class T>
void composed_linear_backward(int replicas, const ComposedLinearShape& shape,
                              const ComposedLinearInput<T>& in, PerReplica<const T> dweight,
                              PerReplica<const T> dbias,
                              const ComposedLinearGradient<T>& gradient) {
    const auto [n, middle, out, stride] = shape;
    for (int r = 0; r < replicas; ++r) {
        // d outer = dW inner^T + db c^T;  d inner = outer^T dW;  dc = outer^T db.
        gemm(Transpose::no, Transpose::yes, out, middle, n, dweight[r], n, in.inner_weight[r], n,
             Write::add, gradient.outer_weight[r], stride);
        gemm(Transpose::no, Transpose::no, out, middle, 1, dbias[r], 1, in.inner_bias[r], middle,
             Write::add, gradient.outer_weight[r], stride);
        gemm(Transpose::yes, Transpose::no, middle, n, out, in.outer_weight[r], stride, dweight[r],
             n, Write::add, gradient.inner_weight[r], n);
        gemm(Transpose::yes, Transpose::no, middle, 1, out, in.outer_weight[r], stride, dbias[r], 1,
             Write::add, gradient.inner_bias[r], 1);
        for (int i = 0; i < out; ++i)
            gradient.outer_bias[r][i] += dbias[r][i];
    }
}

MANYGPCM_INSTANTIATE(composed_linear_forward)
MANYGPCM_INSTANTIATE(composed_linear_backward)

}  // namespace manygpcm::kernels
