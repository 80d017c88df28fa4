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
#include "cpu/scratch.h"
#include "work/elements.h"

#ifndef MANYGPCM_LINEAR_ARGUMENTS
#define MANYGPCM_LINEAR_ARGUMENTS
namespace manygpcm::kernels {

/// What undo_rows reads and writes beside y.
template <class T>
struct Undone {
    T *dy, *dbias, *daddend;
    const std::int32_t* addend_row;
    bool replace;  ///< what daddend holds
};

}  // namespace manygpcm::kernels
#endif

HWY_BEFORE_NAMESPACE();
namespace manygpcm::kernels::HWY_NAMESPACE {

template <class D, class V>
HWY_INLINE V activate(D d, V x, Activation activation) {
    switch (activation) {
        case Activation::sigmoid:
            return sigmoid(d, x);
        case Activation::tanh:
            return tanh(d, x);
        case Activation::relu:
            return hn::Max(x, hn::Zero(d));
        case Activation::identity:
            break;
    }
    return x;
}

/// The derivative of an activation, not the identity, where its value is y.
template <class D, class V>
HWY_INLINE V slope_at(D d, V y, Activation activation) {
    const auto one = hn::Set(d, 1);
    switch (activation) {
        case Activation::tanh:
            return hn::NegMulAdd(y, y, one);
        case Activation::relu:
            return hn::IfThenElseZero(hn::Gt(y, hn::Zero(d)), one);
        default:
            return hn::NegMulAdd(y, y, y);
    }
}

/// y = activation(y + bias + addend) for rows first..last-1.
/// @param rows of all blocks
template <class T>
void finish_rows(int first, int last, int rows, int out, Activation activation, const T* bias,
                 const T* addend, const std::int32_t* addend_row, T* y) {
    for (int i = first; i < last; ++i) {
        T* row = y + std::ptrdiff_t{i} * out;
        const T* add =
            addend ? addend + std::ptrdiff_t{addend_row ? addend_row[i] : i} * out : nullptr;
        if (const int next = i + last - first; next < rows) {
            prefetch_row(out, y + std::ptrdiff_t{next} * out);
            if (addend && !addend_row) prefetch_row(out, addend + std::ptrdiff_t{next} * out);
        }
        if (!bias && !add && activation == Activation::identity) continue;
        for_lanes<T>(out, [=](auto d, std::size_t j) {
            auto x = hn::LoadU(d, row + j);
            if (bias) x = hn::Add(x, hn::LoadU(d, bias + j));
            if (add) x = hn::Add(x, hn::LoadU(d, add + j));
            hn::StoreU(activate(d, x, activation), d, row + j);
        });
    }
}

/// For rows first..last-1: dy times the derivative of the activation, written with its value y, in
/// place; its sums into dbias, and its rows into daddend.
template <class T>
void undo_rows(int first, int last, int out, Activation activation, const T* y,
               const Undone<T>& to) {
    const bool activates = activation != Activation::identity;
    for (int i = first; i < last; ++i) {
        const T* value_row = y + std::ptrdiff_t{i} * out;
        T* row = to.dy + std::ptrdiff_t{i} * out;
        T* dbias = to.dbias;
        T* add = to.daddend
                     ? to.daddend + std::ptrdiff_t{to.addend_row ? to.addend_row[i] : i} * out
                     : nullptr;
        if (!activates && !dbias && !add) continue;
        const bool replace = to.replace;
        for_lanes<T>(out, [=](auto d, std::size_t j) {
            auto grad = hn::LoadU(d, row + j);
            if (activates) {
                grad = hn::Mul(grad, slope_at(d, hn::LoadU(d, value_row + j), activation));
                hn::StoreU(grad, d, row + j);
            }
            if (dbias) hn::StoreU(hn::Add(hn::LoadU(d, dbias + j), grad), d, dbias + j);
            if (!add) return;
            hn::StoreU(replace ? grad : hn::Add(hn::LoadU(d, add + j), grad), d, add + j);
        });
    }
}

}  // namespace manygpcm::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace manygpcm::kernels {
namespace {

/// body(first, last) for blocks of rows whose outputs stay in L2 between the product and the pass
/// over them.
template <class T, class Body>
void for_row_blocks(int rows, int out, Body body) {
    constexpr std::size_t block_bytes = 256 << 10;
    const int block = std::max(64, static_cast<int>(block_bytes / (sizeof(T) * out)));
    for (int first = 0; first < rows; first += block)
        body(first, std::min(rows, first + block));
}

bool activates(const LinearShape& shape) {
    return shape.activation != Activation::identity;
}

}  // namespace

template <class T>
void compute(const LinearForward<T>& args) {
    const LinearShape& shape = args.shape;
    const LinearInput<T>& in = args.in;
    for (int r = 0; r < args.rows.replicas; ++r) {
        ScratchFrame frame;
        const PackedFactor<T> weight =
            pack(frame, Transpose::yes, shape.out, shape.in, in.weight[r], shape.weight_stride);
        for_row_blocks<T>(args.rows[r], shape.out, [&](int first, int last) {
            gemm(Transpose::no, last - first, in.x[r] + std::ptrdiff_t{first} * shape.in, shape.in,
                 weight, Write::replace, args.y[r] + std::ptrdiff_t{first} * shape.out, shape.out);
            MANYGPCM_DISPATCH(finish_rows<T>)
            (first, last, args.rows[r], shape.out, shape.activation, in.bias[r], in.addend[r],
             in.addend_row[r], args.y[r]);
        });
    }
}

template <class T>
void compute(const LinearBackward<T>& args) {
    const LinearShape& shape = args.shape;
    const LinearInput<T>& in = args.in;
    const LinearGradient<T>& gradient = args.gradient;
    for (int r = 0; r < args.rows.replicas; ++r) {
        ScratchFrame frame;
        const auto weight = gradient.x ? pack(frame, Transpose::no, shape.in, shape.out,
                                              in.weight[r], shape.weight_stride)
                                       : PackedFactor<T>();
        // The gradient of a narrow input's weight, transposed: a row of it would fill no vector.
        constexpr int narrow = 4;
        T* const turned =
            shape.in <= narrow ? frame.take<T>(std::size_t(shape.in) * shape.out) : nullptr;
        const auto for_turned = [&](auto body) {
            for (int i = 0; turned && i < shape.out; ++i)
                for (int j = 0; j < shape.in; ++j)
                    body(gradient.weight[r][std::ptrdiff_t{i} * shape.weight_stride + j],
                         turned[std::ptrdiff_t{j} * shape.out + i]);
        };
        for_turned([](T& here, T& there) { there = here; });
        // Rows in turn replace what is there; rows by index add to it, several to one.
        const bool replace = gradient.addend && gradient.addend_write == Write::replace;
        const bool indexed = bool(in.addend_row);
        if (replace && indexed)
            std::fill_n(gradient.addend[r], std::size_t(args.addend_rows[r]) * shape.out, T{0});
        for_row_blocks<T>(args.rows[r], shape.out, [&](int first, int last) {
            MANYGPCM_DISPATCH(undo_rows<T>)
            (first, last, shape.out, shape.activation, args.y[r],
             {args.dy[r], gradient.bias[r], gradient.addend[r], in.addend_row[r],
              replace && !indexed});
            const int n = last - first;
            const std::ptrdiff_t x_at = std::ptrdiff_t{first} * shape.in;
            const T* block = args.dy[r] + std::ptrdiff_t{first} * shape.out;
            if (turned)
                gemm(Transpose::yes, Transpose::no, shape.in, shape.out, n, in.x[r] + x_at,
                     shape.in, block, shape.out, Write::add, turned, shape.out);
            else
                gemm(Transpose::yes, Transpose::no, shape.out, shape.in, n, block, shape.out,
                     in.x[r] + x_at, shape.in, Write::add, gradient.weight[r], shape.weight_stride);
            if (gradient.x)
                gemm(Transpose::no, n, block, shape.out, weight, gradient.x_write,
                     gradient.x[r] + x_at, shape.in);
        });
        for_turned([](T& here, T& there) { here = there; });
    }
}

// The product, and an element 1 for the bias, 1 for the addend, 1 for the activation. An addend has
// at most a row a step.
template <class T>
Work work(const LinearForward<T>& args) {
    const LinearShape& shape = args.shape;
    const int replicas = args.rows.replicas;
    const double n = total(args.rows), outputs = n * shape.out;
    const bool bias = bool(args.in.bias), addend = bool(args.in.addend);
    return {.operations = outputs * (2.0 * shape.in + bias + addend + activates(shape)),
            .functions = outputs * (activates(shape) && shape.activation != Activation::relu),
            .read = n * shape.in + replicas * product(shape.out, shape.in) +
                    bias * product(replicas, shape.out) + addend * (outputs + n),
            .written = outputs};
}

// Both products, and an element 3 to undo the activation and 1 for each sum (bias, addend). dy is
// read and, where there is an activation, overwritten.
template <class T>
Work work(const LinearBackward<T>& args) {
    const LinearShape& shape = args.shape;
    const LinearGradient<T>& to = args.gradient;
    const double n = total(args.rows), outputs = n * shape.out;
    const double weights = args.rows.replicas * product(shape.out, shape.in);
    const bool bias = bool(to.bias), addend = bool(to.addend), activation = activates(shape);
    Work work{
        .operations = outputs * ((to.x ? 4.0 : 2.0) * shape.in + bias + addend + 3 * activation),
        .read = outputs * (1 + activation) + n * shape.in + present(to.x, weights) +
                present(args.in.addend_row, n),
        .written = activation * outputs,
        .added_to = weights + bias * product(args.rows.replicas, shape.out)};
    if (to.x) work += gradient(to.x_write, n * shape.in);
    if (addend) work += gradient(to.addend_write, total(args.addend_rows) * shape.out);
    return work;
}

MANYGPCM_INSTANTIATE_CALL(LinearForward)
MANYGPCM_INSTANTIATE_CALL(LinearBackward)

}  // namespace manygpcm::kernels
#endif
