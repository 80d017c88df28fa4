// Plain loops: the table has a few hundred elements a batch.
#include "manygpcm/kernels/response_embedding.h"

#include <algorithm>
#include <cmath>

#include "cpu/dispatch.h"
#include "cpu/scratch.h"

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
void response_embedding_forward(int replicas, const ResponseEmbeddingShape& shape,
                                const ResponseEmbeddingParameters<const T>& parameters,
                                PerReplica<T> y) {
    const auto [n_categories, out] = shape;
    ScratchFrame frame;
    T* decay = frame.take<T>(n_categories);
    for (int r = 0; r < replicas; ++r) {
        softmax(n_categories, parameters.decay[r], decay);
        for (int k = 0; k < n_categories; ++k)
            for (int o = 0; o < out; ++o)
                y[r][k * out + o] =
                    parameters.bias[r][o] + decay[k] * parameters.weight[r][o * n_categories + k];
    }
}

template <class T>
void response_embedding_backward(int replicas, const ResponseEmbeddingShape& shape,
                                 const ResponseEmbeddingParameters<const T>& parameters,
                                 PerReplica<const T> dy,
                                 const ResponseEmbeddingParameters<T>& gradient) {
    const auto [n_categories, out] = shape;
    ScratchFrame frame;
    T* decay = frame.take<T>(n_categories);
    T* ddecay = frame.take<T>(n_categories);
    for (int r = 0; r < replicas; ++r) {
        softmax(n_categories, parameters.decay[r], decay);
        T weighted = 0;  // sum_k decay_k ddecay_k, which the softmax takes off
        for (int k = 0; k < n_categories; ++k) {
            ddecay[k] = 0;
            for (int o = 0; o < out; ++o) {
                const T g = dy[r][k * out + o];
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
