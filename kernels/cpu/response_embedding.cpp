// Plain loops: the table has a few hundred elements a batch.
#include "manygpcm/kernels/response_embedding.h"

#include <algorithm>
#include <cmath>

#include "cpu/dispatch.h"
#include "cpu/scratch.h"
#include "work/elements.h"

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

double elements(const ResponseEmbeddingShape& shape) {
    return shape.categories + product(shape.out, shape.categories) + shape.out;
}

}  // namespace

template <class T>
void compute(const ResponseEmbeddingForward<T>& args) {
    const auto& [replicas, shape, in, y] = args;
    const auto [n_categories, out] = shape;
    ScratchFrame frame;
    T* decay = frame.take<T>(n_categories);
    for (int r = 0; r < replicas; ++r) {
        softmax(n_categories, in.decay[r], decay);
        for (int k = 0; k < n_categories; ++k)
            for (int o = 0; o < out; ++o)
                y[r][k * out + o] = in.bias[r][o] + decay[k] * in.weight[r][o * n_categories + k];
    }
}

template <class T>
void compute(const ResponseEmbeddingBackward<T>& args) {
    const auto& [replicas, shape, in, dy, gradient] = args;
    const auto [n_categories, out] = shape;
    ScratchFrame frame;
    T* decay = frame.take<T>(n_categories);
    T* ddecay = frame.take<T>(n_categories);
    for (int r = 0; r < replicas; ++r) {
        softmax(n_categories, in.decay[r], decay);
        T weighted = 0;  // sum_k decay_k ddecay_k, which the softmax takes off
        for (int k = 0; k < n_categories; ++k) {
            ddecay[k] = 0;
            for (int o = 0; o < out; ++o) {
                const T g = dy[r][k * out + o];
                gradient.bias[r][o] += g;
                gradient.weight[r][o * n_categories + k] += decay[k] * g;
                ddecay[k] += in.weight[r][o * n_categories + k] * g;
            }
            weighted += decay[k] * ddecay[k];
        }
        for (int k = 0; k < n_categories; ++k)
            gradient.decay[r][k] += decay[k] * (ddecay[k] - weighted);
    }
}

// 2 an element and 4 a category for the softmax.
template <class T>
Work work(const ResponseEmbeddingForward<T>& args) {
    const auto [n_categories, out] = args.shape;
    const double n = product(n_categories, out);
    return {.operations = args.replicas * (2 * n + 4 * n_categories),
            .read = args.replicas * elements(args.shape),
            .written = args.replicas * n};
}

// 6 an element and 8 a category.
template <class T>
Work work(const ResponseEmbeddingBackward<T>& args) {
    const auto [n_categories, out] = args.shape;
    const double n = product(n_categories, out);
    return {.operations = args.replicas * (6 * n + 8 * n_categories),
            .read = args.replicas * (n + elements(args.shape)),
            .added_to = args.replicas * elements(args.shape)};
}

MANYGPCM_INSTANTIATE_CALL(ResponseEmbeddingForward)
MANYGPCM_INSTANTIATE_CALL(ResponseEmbeddingBackward)

}  // namespace manygpcm::kernels
