#include "manygpcm/kernels/layer_norm.h"

#include <cmath>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "cpu/layer_norm.cpp"
#include <hwy/foreach_target.h>

#include "cpu/dispatch.h"
#include "cpu/lanes-inl.h"
#include "work/elements.h"

HWY_BEFORE_NAMESPACE();
namespace manygpcm::kernels::HWY_NAMESPACE {

template <class T>
void norm_forward(int rows, const LayerNormShape& shape, const T* x, const T* gain, const T* bias,
                  T* y, T* statistics) {
    const std::size_t width = shape.width;
    for (int i = 0; i < rows; ++i, x += width, y += width, statistics += 2) {
        const T mean =
            sum_lanes<T>(width, [=](auto d, std::size_t j) { return hn::LoadU(d, x + j); }) /
            static_cast<T>(width);
        const T variance = sum_lanes<T>(width,
                                        [=](auto d, std::size_t j) {
                                            const auto c =
                                                hn::Sub(hn::LoadU(d, x + j), hn::Set(d, mean));
                                            return hn::Mul(c, c);
                                        }) /
                           static_cast<T>(width);
        const T inverse = 1 / std::sqrt(variance + static_cast<T>(layer_norm_epsilon));
        statistics[0] = mean;
        statistics[1] = inverse;
        const bool relu = shape.relu;
        for_lanes<T>(width, [=](auto d, std::size_t j) {
            const auto normal =
                hn::Mul(hn::Sub(hn::LoadU(d, x + j), hn::Set(d, mean)), hn::Set(d, inverse));
            const auto value = hn::MulAdd(normal, hn::LoadU(d, gain + j), hn::LoadU(d, bias + j));
            hn::StoreU(relu ? hn::Max(value, hn::Zero(d)) : value, d, y + j);
        });
    }
}

/// With n = (x - mean) inverse and g = dy gain: dx = inverse (g - mean(g) - n mean(g n)).
template <class T>
void norm_backward(int rows, const LayerNormShape& shape, const T* x, const T* gain, const T* y,
                   const T* statistics, const T* dy, T* dx, Write dx_write, T* dgain, T* dbias) {
    const std::size_t width = shape.width;
    const bool relu = shape.relu;
    for (int i = 0; i < rows;
         ++i, x += width, y += width, dy += width, dx += width, statistics += 2) {
        const T mean = statistics[0], inverse = statistics[1];
        const auto normal = [=](auto d, std::size_t j) {
            return hn::Mul(hn::Sub(hn::LoadU(d, x + j), hn::Set(d, mean)), hn::Set(d, inverse));
        };
        const auto before_relu = [=](auto d, std::size_t j) {
            const auto grad = hn::LoadU(d, dy + j);
            return relu ? hn::IfThenElseZero(hn::Gt(hn::LoadU(d, y + j), hn::Zero(d)), grad) : grad;
        };
        for_lanes<T>(width, [=](auto d, std::size_t j) {
            const auto grad = before_relu(d, j);
            hn::StoreU(hn::MulAdd(grad, normal(d, j), hn::LoadU(d, dgain + j)), d, dgain + j);
            hn::StoreU(hn::Add(hn::LoadU(d, dbias + j), grad), d, dbias + j);
        });
        const T mean_grad =
            sum_lanes<T>(width,
                         [=](auto d, std::size_t j) {
                             return hn::Mul(before_relu(d, j), hn::LoadU(d, gain + j));
                         }) /
            static_cast<T>(width);
        const T mean_product =
            sum_lanes<T>(width,
                         [=](auto d, std::size_t j) {
                             return hn::Mul(hn::Mul(before_relu(d, j), hn::LoadU(d, gain + j)),
                                            normal(d, j));
                         }) /
            static_cast<T>(width);
        for_lanes<T>(width, [=](auto d, std::size_t j) {
            const auto grad = hn::Mul(before_relu(d, j), hn::LoadU(d, gain + j));
            const auto centred = hn::NegMulAdd(normal(d, j), hn::Set(d, mean_product),
                                               hn::Sub(grad, hn::Set(d, mean_grad)));
            auto value = hn::Mul(hn::Set(d, inverse), centred);
            if (dx_write == Write::add) value = hn::Add(value, hn::LoadU(d, dx + j));
            hn::StoreU(value, d, dx + j);
        });
    }
}

}  // namespace manygpcm::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace manygpcm::kernels {

template <class T>
void compute(const LayerNormForward<T>& args) {
    const auto& [rows, shape, x, gain, bias, y, statistics] = args;
    for (int r = 0; r < rows.replicas; ++r)
        MANYGPCM_DISPATCH(norm_forward<T>)
    (rows[r], shape, x[r], gain[r], bias[r], y[r], statistics[r]);
}

template <class T>
void compute(const LayerNormBackward<T>& args) {
    const auto& [rows, shape, x, gain, y, statistics, dy, dx, dx_write, dgain, dbias] = args;
    for (int r = 0; r < rows.replicas; ++r)
        MANYGPCM_DISPATCH(norm_backward<T>)
    (rows[r], shape, x[r], gain[r], y[r], statistics[r], dy[r], dx[r], dx_write, dgain[r],
     dbias[r]);
}

// 9 an element: mean 1, variance 3, normalising 2, gain and bias 2, relu 1.
template <class T>
Work work(const LayerNormForward<T>& args) {
    const auto [width, relu] = args.shape;
    const double rows = total(args.rows), n = rows * width;
    return {.operations = (8 + relu) * n,
            .read = n + product(args.rows.replicas, 2 * width),
            .written = n + 2 * rows};
}

// 14 an element: relu 1, normalising 2, gain 1, its gradient 2, the bias's 1, two means 3, dx 4.
template <class T>
Work work(const LayerNormBackward<T>& args) {
    const auto [width, relu] = args.shape;
    const double rows = total(args.rows), n = rows * width;
    Work work{.operations = (13 + relu) * n,
              .read = (2 + relu) * n + product(args.rows.replicas, width) + 2 * rows,
              .added_to = product(args.rows.replicas, 2 * width)};
    return work += gradient(args.dx_write, n);
}

MANYGPCM_INSTANTIATE_CALL(LayerNormForward)
MANYGPCM_INSTANTIATE_CALL(LayerNormBackward)

}  // namespace manygpcm::kernels
#endif
