// The learned-decay embedding's table [K, embed_dim]. Forward counts 2 operations an element and 4
// a category for the softmax; backward 6 an element and 8 a category.
#include "manygpcm/kernels/response_embedding.h"

#include "batches.h"
#include "roofline.h"

namespace manygpcm::bench {
namespace {

struct Parameters {
    explicit Parameters(const kernels::ResponseEmbeddingShape& shape)
        : decay(1, shape.categories),
          weight(shape.out, shape.categories),
          bias(1, shape.out),
          size(shape.categories + elements(shape.out, shape.categories) + shape.out) {}
    Array decay, weight, bias;
    double size;  ///< elements of all
};

void response_embedding_forward(benchmark::State& state, const Hyperparameters& h) {
    const kernels::ResponseEmbeddingShape shape{n_categories, h.embed_dim};
    const Parameters p(shape);
    Array y(n_categories, shape.out);
    const double n = elements(n_categories, shape.out);
    const Work work{.flops = 2 * n + 4 * n_categories, .read = p.size, .written = n};
    measure(state, work, [&] {
        kernels::response_embedding_forward<float>(1, shape, {p.decay, p.weight, p.bias}, y);
    });
}

void response_embedding_backward(benchmark::State& state, const Hyperparameters& h) {
    const kernels::ResponseEmbeddingShape shape{n_categories, h.embed_dim};
    const Parameters p(shape);
    Parameters gradient(shape);
    const Array dy(n_categories, shape.out);
    const double n = elements(n_categories, shape.out);
    const Work work{
        .flops = 6 * n + 8 * n_categories, .read = n + p.size, .added_to = gradient.size};
    measure(state, work, [&] {
        kernels::response_embedding_backward<float>(
            1, shape, {p.decay, p.weight, p.bias}, dy,
            {gradient.decay, gradient.weight, gradient.bias});
    });
}

MANYGPCM_BENCHMARK(response_embedding_forward);
MANYGPCM_BENCHMARK(response_embedding_backward);

}  // namespace
}  // namespace manygpcm::bench
