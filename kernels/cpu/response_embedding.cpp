#include "manygpcm/kernels/response_embedding.h"

#include <algorithm>
#include <cmath>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "cpu/response_embedding.cpp"
#include <hwy/foreach_target.h>

#include "cpu/dispatch.h"
#include "cpu/lanes-inl.h"
#include "cpu/scratch.h"

HWY_BEFORE_NAMESPACE();
namespace manygpcm::kernels::HWY_NAMESPACE {

/// sums[response[i], :] += dy[i, :]
template <class T>
void sum_by_response(int rows, int out, const std::int32_t* response, const T* dy, T* sums) {
    for (int i = 0; i < rows; ++i)
        add_scaled<T>(out, 1, dy + std::ptrdiff_t{i} * out,
                      sums + std::ptrdiff_t{response[i]} * out);
}

}  // namespace manygpcm::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace manygpcm::kernels {
namespace {

template <class T>
void softmax(int n, const T* x, T* y) {
    const T largest = *std::max_element(x, x + n);
    T sum = 0;
    for (int i = 0; i < n; ++i)
        sum += y[i] = std::exp(x[i] - largest);
    for (int i = 0; i < n; ++i)
        y[i] /= sum;
}

}  // namespace

template <class T>
void response_embedding_forward(Rows rows, const ResponseEmbeddingShape& shape,
                                const ResponseEmbeddingParameters<const T>& parameters,
                                RowIndex response, PerReplica<T> y) {
    const auto [n_categories, out] = shape;
    ScratchFrame frame;
    T* decay = frame.take<T>(n_categories);
    T* table = frame.take<T>(std::size_t(n_categories) * out);
    for (int r = 0; r < static_cast<int>(rows.size()); ++r) {
        softmax(n_categories, parameters.decay[r], decay);
        for (int k = 0; k < n_categories; ++k)
            for (int o = 0; o < out; ++o)
                table[k * out + o] =
                    parameters.bias[r][o] + decay[k] * parameters.weight[r][o * n_categories + k];
        for (int i = 0; i < rows[r]; ++i)
            std::copy_n(table + response[r][i] * out, out, y[r] + std::ptrdiff_t{i} * out);
    }
}

template <class T>
void response_embedding_backward(Rows rows, const ResponseEmbeddingShape& shape,
                                 const ResponseEmbeddingParameters<const T>& parameters,
                                 RowIndex response, PerReplica<const T> dy,
                                 const ResponseEmbeddingParameters<T>& gradient) {
    const auto [n_categories, out] = shape;
    ScratchFrame frame;
    T* decay = frame.take<T>(n_categories);
    T* ddecay = frame.take<T>(n_categories);
    T* dtable = frame.take<T>(std::size_t(n_categories) * out);
    for (int r = 0; r < static_cast<int>(rows.size()); ++r) {
        softmax(n_categories, parameters.decay[r], decay);
        std::fill_n(dtable, std::size_t(n_categories) * out, T{0});
        MANYGPCM_DISPATCH(sum_by_response<T>)(rows[r], out, response[r], dy[r], dtable);
        T weighted = 0;  // sum_k decay_k ddecay_k, which the softmax takes off
        for (int k = 0; k < n_categories; ++k) {
            ddecay[k] = 0;
            for (int o = 0; o < out; ++o) {
                const T g = dtable[k * out + o];
                gradient.bias[r][o] += g;
                gradient.weight[r][o * n_categories + k] += decay[k] * g;
                ddecay[k] += parameters.weight[r][o * n_categories + k] * g;
            }
            weighted += decay[k] * ddecay[k];
        }
        for (int k = 0; k < n_categories; ++k)
            gradient.decay[r][k] += decay[k] * (ddecay[k] - weighted);
    }
}

MANYGPCM_INSTANTIATE(response_embedding_forward)
MANYGPCM_INSTANTIATE(response_embedding_backward)

}  // namespace manygpcm::kernels
#endif
