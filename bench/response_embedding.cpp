// The learned-decay embedding, a row a step, embed_dim wide. Forward counts 2 operations an element
// of the table [K, embed_dim] and 4 a category for the softmax; backward 1 an element of dy, 5 an
// element of the table and 8 a category.
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
    const kernels::Rows rows = sample_batch().rows(RowKind::steps);
    const kernels::RowIndex response = sample_batch().index(BatchIndex::response);
    const kernels::ResponseEmbeddingShape shape{n_categories, h.embed_dim};
    const Parameters p(shape);
    Array y(rows[0], shape.out);
    const Work work{.flops = 2 * elements(n_categories, shape.out) + 4 * n_categories,
                    .read = p.size + rows[0],
                    .written = elements(rows[0], shape.out)};
    measure(state, work, [&] {
        kernels::response_embedding_forward<float>(rows, shape, {p.decay, p.weight, p.bias},
                                                   response, y);
    });
}

void response_embedding_backward(benchmark::State& state, const Hyperparameters& h) {
    const kernels::Rows rows = sample_batch().rows(RowKind::steps);
    const kernels::RowIndex response = sample_batch().index(BatchIndex::response);
    const kernels::ResponseEmbeddingShape shape{n_categories, h.embed_dim};
    const Parameters p(shape);
    Parameters gradient(shape);
    const Array dy(rows[0], shape.out);
    const double n = elements(rows[0], shape.out);
    const Work work{.flops = n + 5 * elements(n_categories, shape.out) + 8 * n_categories,
                    .read = n + rows[0] + p.size,
                    .added_to = gradient.size};
    measure(state, work, [&] {
        kernels::response_embedding_backward<float>(
            rows, shape, {p.decay, p.weight, p.bias}, response, dy,
            {gradient.decay, gradient.weight, gradient.bias});
    });
}

MANYGPCM_BENCHMARK(response_embedding_forward);
MANYGPCM_BENCHMARK(response_embedding_backward);

}  // namespace
}  // namespace manygpcm::bench
