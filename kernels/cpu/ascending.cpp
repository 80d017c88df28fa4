#include "manygpcm/kernels/ascending.h"

#include <algorithm>
#include <cmath>

#include "cpu/dispatch.h"
#include "work/elements.h"

namespace manygpcm::kernels {
namespace {

template <class T>
T softplus_of(T x) {
    return std::max(x, T{0}) + std::log1p(std::exp(-std::abs(x)));
}

template <class T>
T logistic_of(T x) {
    return 1 / (1 + std::exp(-x));
}

}  // namespace

template <class T>
void compute(const AscendingForward<T>& args) {
    const auto [width, first, bounded] = args.shape;
    for (int r = 0; r < args.rows.replicas; ++r)
        for (std::ptrdiff_t row = 0; row < args.rows[r]; ++row) {
            const T* x = args.x[r] + row * width;
            T* y = args.y[r] + row * width;
            std::copy_n(x, first + 1, y);
            for (int j = first + 1; j < width; ++j)
                y[j] = y[j - 1] + softplus_of(x[j]);
            for (int j = first; bounded && j < width; ++j)
                y[j] = std::tanh(y[j]);
        }
}

template <class T>
void compute(const AscendingBackward<T>& args) {
    const auto [width, first, bounded] = args.shape;
    for (int r = 0; r < args.rows.replicas; ++r)
        for (std::ptrdiff_t row = 0; row < args.rows[r]; ++row) {
            const T *x = args.x[r] + row * width, *y = args.y[r] + row * width,
                    *dy = args.dy[r] + row * width;
            T* dx = args.dx[r] + row * width;
            T sum = 0;
            for (int j = width - 1; j >= first; --j) {
                sum += bounded ? dy[j] * (1 - y[j] * y[j]) : dy[j];
                dx[j] = j == first ? sum : sum * logistic_of(x[j]);
            }
            std::copy_n(dy, first, dx);
        }
}

// Softplus and the sum 6 an element; tanh 1.
template <class T>
Work work(const AscendingForward<T>& args) {
    const double n = total(args.rows) * args.shape.width;
    return {.operations = (args.shape.bounded ? 7 : 6) * n,
            .functions = (args.shape.bounded ? 3 : 2) * n,
            .read = n,
            .written = n};
}

// The sum and the logistic function 5 an element; tanh's derivative 3.
template <class T>
Work work(const AscendingBackward<T>& args) {
    const double n = total(args.rows) * args.shape.width;
    return {.operations = (args.shape.bounded ? 8 : 5) * n,
            .functions = n,
            .read = (args.shape.bounded ? 3 : 2) * n,
            .written = n};
}

MANYGPCM_INSTANTIATE_CALL(AscendingForward)
MANYGPCM_INSTANTIATE_CALL(AscendingBackward)

}  // namespace manygpcm::kernels
