// One matrix product, then one pass for bias, addend and activation while the rows are still in
// cache.
#include "manygpcm/kernels/linear.h"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "cpu/linear.cpp"
#include <hwy/foreach_target.h>

#include "cpu/dispatch.h"
#include "cpu/gemm.h"
#include "cpu/lanes-inl.h"

HWY_BEFORE_NAMESPACE();
namespace manygpcm::kernels::HWY_NAMESPACE {

template <class D, class V>
HWY_INLINE V activate(D d, V x, Activation activation) {
    switch (activation) {
        case Activation::sigmoid:
            return sigmoid(d, x);
        case Activation::tanh:
            return hn::Tanh(d, x);
        case Activation::identity:
            break;
    }
    return x;
}

/// y = activation(y + bias + addend) row by row.
template <class T>
void finish_rows(int rows, int out, Activation activation, const T* bias, const T* addend,
                 const std::int32_t* addend_row, T* y) {
    for (int i = 0; i < rows; ++i) {
        T* row = y + std::ptrdiff_t{i} * out;
        const T* add =
            addend ? addend + std::ptrdiff_t{addend_row ? addend_row[i] : i} * out : nullptr;
        for_lanes<T>(out, [=](auto d, std::size_t j) {
            auto x = hn::LoadU(d, row + j);
            if (bias) x = hn::Add(x, hn::LoadU(d, bias + j));
            if (add) x = hn::Add(x, hn::LoadU(d, add + j));
            hn::StoreU(activate(d, x, activation), d, row + j);
        });
    }
}

/// dy times the derivative of the activation, written with its value y.
template <class T>
void undo_activation(std::size_t n, Activation activation, const T* y, T* dy) {
    for_lanes<T>(n, [=](auto d, std::size_t i) {
        const auto value = hn::LoadU(d, y + i), grad = hn::LoadU(d, dy + i);
        const auto one = hn::Set(d, 1);
        const auto slope = activation == Activation::tanh ? hn::NegMulAdd(value, value, one)
                                                          : hn::NegMulAdd(value, value, value);
        hn::StoreU(hn::Mul(grad, slope), d, dy + i);
    });
}

/// to[row(i)] += from[i]
template <class T>
void add_rows(int rows, int width, const T* from, const std::int32_t* row, T* to) {
    for (int i = 0; i < rows; ++i)
        add_scaled<T>(width, 1, from + std::ptrdiff_t{i} * width,
                      to + std::ptrdiff_t{row ? row[i] : i} * width);
}

/// sum += column sums
template <class T>
void add_column_sums(int rows, int width, const T* x, T* sum) {
    for (int i = 0; i < rows; ++i)
        add_scaled<T>(width, 1, x + std::ptrdiff_t{i} * width, sum);
}

}  // namespace manygpcm::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace manygpcm::kernels {

template <class T>
void linear_forward(Rows rows, const LinearShape& shape, const LinearInput<T>& in,
                    PerReplica<T> y) {
    for (int r = 0; r < static_cast<int>(rows.size()); ++r) {
        gemm(Transpose::no, Transpose::yes, rows[r], shape.out, shape.in, in.x[r], shape.in,
             in.weight[r], shape.weight_stride, T{0}, y[r], shape.out);
        MANYGPCM_DISPATCH(finish_rows<T>)
        (rows[r], shape.out, shape.activation, in.bias[r], in.addend[r], in.addend_row[r], y[r]);
    }
}

template <class T>
void linear_backward(Rows rows, Rows addend_rows, const LinearShape& shape,
                     const LinearInput<T>& in, PerReplica<const T> y, PerReplica<T> dy,
                     const LinearGradient<T>& gradient) {
    for (int r = 0; r < static_cast<int>(rows.size()); ++r) {
        if (shape.activation != Activation::identity) MANYGPCM_DISPATCH(undo_activation<T>)
        (std::size_t(rows[r]) * shape.out, shape.activation, y[r], dy[r]);
        if (gradient.bias)
            MANYGPCM_DISPATCH(add_column_sums<T>)(rows[r], shape.out, dy[r], gradient.bias[r]);
        if (gradient.addend) {
            if (gradient.addend_write == Write::replace)
                std::fill_n(gradient.addend[r], std::size_t(addend_rows[r]) * shape.out, T{0});
            MANYGPCM_DISPATCH(add_rows<T>)
            (rows[r], shape.out, dy[r], in.addend_row[r], gradient.addend[r]);
        }
        gemm(Transpose::yes, Transpose::no, shape.out, shape.in, rows[r], dy[r], shape.out, in.x[r],
             shape.in, T{1}, gradient.weight[r], shape.weight_stride);
        if (gradient.x)
            gemm(Transpose::no, Transpose::no, rows[r], shape.in, shape.out, dy[r], shape.out,
                 in.weight[r], shape.weight_stride, gradient.x_write == Write::add ? T{1} : T{0},
                 gradient.x[r], shape.in);
    }
}

MANYGPCM_INSTANTIATE(linear_forward)
MANYGPCM_INSTANTIATE(linear_backward)

}  // namespace manygpcm::kernels
#endif
