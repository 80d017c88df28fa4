// The weight is [out, K Q], so an answer's weights are columns of it. It is transposed into scratch
// once a call; then every answer adds whole rows.
#include "manygpcm/kernels/linear_decay.h"

#include <algorithm>
#include <cstdlib>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "cpu/linear_decay.cpp"
#include <hwy/foreach_target.h>

#include "cpu/dispatch.h"
#include "cpu/lanes-inl.h"
#include "cpu/scratch.h"
#include "work/elements.h"

HWY_BEFORE_NAMESPACE();
namespace manygpcm::kernels::HWY_NAMESPACE {

/// What category k weighs in an answer of category `response`.
template <class T>
HWY_INLINE T decay(int k, int response, int n_categories) {
    return std::max(T{0},
                    1 - static_cast<T>(std::abs(k - response)) / static_cast<T>(n_categories - 1));
}

/// to[j, i] = or += from[i, j] in blocks that fit in L1; from is [rows, columns].
template <class T, class Put>
HWY_INLINE void transpose(int rows, int columns, const T* from, T* to, Put put) {
    constexpr int block = 32;
    for (int i0 = 0; i0 < rows; i0 += block)
        for (int j0 = 0; j0 < columns; j0 += block)
            for (int i = i0; i < std::min(rows, i0 + block); ++i)
                for (int j = j0; j < std::min(columns, j0 + block); ++j)
                    put(to[std::ptrdiff_t{j} * rows + i], from[std::ptrdiff_t{i} * columns + j]);
}

template <class T>
void decay_forward(int rows, const LinearDecayShape& shape, const T* weight, const T* bias,
                   const std::int32_t* question, const std::int32_t* response, T* y, T* by_answer) {
    const auto [n_questions, n_categories, out] = shape;
    transpose(out, n_categories * n_questions, weight, by_answer, [](T& to, T from) { to = from; });
    for (int i = 0; i < rows; ++i) {
        T* row = y + std::ptrdiff_t{i} * out;
        std::copy_n(bias, out, row);
        for (int k = 0; k < n_categories; ++k)
            add_scaled<T>(out, decay<T>(k, response[i], n_categories),
                          by_answer + (std::ptrdiff_t{k} * n_questions + question[i]) * out, row);
    }
}

template <class T>
void decay_backward(int rows, const LinearDecayShape& shape, const std::int32_t* question,
                    const std::int32_t* response, const T* dy, T* dweight, T* dbias, T* by_answer) {
    const auto [n_questions, n_categories, out] = shape;
    std::fill_n(by_answer, std::size_t(n_categories) * n_questions * out, T{0});
    for (int i = 0; i < rows; ++i) {
        const T* row = dy + std::ptrdiff_t{i} * out;
        add_scaled<T>(out, 1, row, dbias);
        for (int k = 0; k < n_categories; ++k)
            add_scaled<T>(out, decay<T>(k, response[i], n_categories), row,
                          by_answer + (std::ptrdiff_t{k} * n_questions + question[i]) * out);
    }
    transpose(n_categories * n_questions, out, by_answer, dweight,
              [](T& to, T from) { to += from; });
}

}  // namespace manygpcm::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace manygpcm::kernels {
namespace {

std::size_t weight_size(const LinearDecayShape& shape) {
    return std::size_t(shape.categories) * shape.questions * shape.out;
}

double parameters(const LinearDecayShape& shape) {
    return static_cast<double>(weight_size(shape)) + shape.out;
}

}  // namespace

template <class T>
void compute(const LinearDecayForward<T>& args) {
    const auto& [rows, shape, weight, bias, question, response, y] = args;
    ScratchFrame frame;
    T* by_answer = frame.take<T>(weight_size(shape));
    for (int r = 0; r < rows.replicas; ++r)
        MANYGPCM_DISPATCH(decay_forward<T>)
    (rows[r], shape, weight[r], bias[r], question[r], response[r], y[r], by_answer);
}

template <class T>
void compute(const LinearDecayBackward<T>& args) {
    const auto& [rows, shape, question, response, dy, dweight, dbias] = args;
    ScratchFrame frame;
    T* by_answer = frame.take<T>(weight_size(shape));
    for (int r = 0; r < rows.replicas; ++r)
        MANYGPCM_DISPATCH(decay_backward<T>)
    (rows[r], shape, question[r], response[r], dy[r], dweight[r], dbias[r], by_answer);
}

// 2 K an element. The whole weight [out, K Q] is read.
template <class T>
Work work(const LinearDecayForward<T>& args) {
    const double rows = total(args.rows), n = rows * args.shape.out;
    return {.operations = 2 * args.shape.categories * n,
            .read = args.rows.replicas * parameters(args.shape) + 2 * rows,
            .written = n};
}

// As forward, and 1 an element for the bias.
template <class T>
Work work(const LinearDecayBackward<T>& args) {
    const double rows = total(args.rows), n = rows * args.shape.out;
    return {.operations = (2 * args.shape.categories + 1) * n,
            .read = n + 2 * rows,
            .added_to = args.rows.replicas * parameters(args.shape)};
}

MANYGPCM_INSTANTIATE_CALL(LinearDecayForward)
MANYGPCM_INSTANTIATE_CALL(LinearDecayBackward)

}  // namespace manygpcm::kernels
#endif
