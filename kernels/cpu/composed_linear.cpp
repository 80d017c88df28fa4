#include "manygpcm/kernels/composed_linear.h"

#include <algorithm>

#include "cpu/dispatch.h"
#include "cpu/gemm.h"
#include "work/elements.h"

namespace manygpcm::kernels {

namespace {

/// Elements of the four arrays of two composed maps but for the outer bias.
double factors(const ComposedLinearShape& shape) {
    return product(shape.out, shape.middle) + product(shape.middle, shape.in) + shape.middle;
}

/// Operations of the products of the two matrices and of the outer one with the inner bias.
double products(const ComposedLinearShape& shape) {
    return 2 * product(shape.out, shape.middle) * (shape.in + 1);
}

}  // namespace

template <class T>
void compute(const ComposedLinearForward<T>& args) {
    const auto& [replicas, shape, in, weight, bias] = args;
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
void compute(const ComposedLinearBackward<T>& args) {
    const auto& [replicas, shape, in, dweight, dbias, gradient] = args;
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

// The product of the two matrices and of the outer one with the inner bias, and 1 an element of the
// sum of biases.
template <class T>
Work work(const ComposedLinearForward<T>& args) {
    const ComposedLinearShape& shape = args.shape;
    return {.operations = args.replicas * (products(shape) + shape.out),
            .read = args.replicas * (factors(shape) + shape.out),
            .written = args.replicas * (product(shape.out, shape.in) + shape.out)};
}

// The two products that each of these needs, and 1 an element of the outer bias.
template <class T>
Work work(const ComposedLinearBackward<T>& args) {
    const ComposedLinearShape& shape = args.shape;
    return {.operations = args.replicas * (2 * products(shape) + shape.out),
            .read = args.replicas * (factors(shape) + product(shape.out, shape.in) + shape.out),
            .added_to = args.replicas * (factors(shape) + shape.out)};
}

MANYGPCM_INSTANTIATE_CALL(ComposedLinearForward)
MANYGPCM_INSTANTIATE_CALL(ComposedLinearBackward)

}  // namespace manygpcm::kernels
