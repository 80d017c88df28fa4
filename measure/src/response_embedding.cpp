// The learned-decay embedding's table [K, embed_dim]; its work doesn't depend on the batch.
#include "manygpcm/kernels/response_embedding.h"

#include "operation_list.h"

namespace manygpcm::measure {
namespace {

/// The parameters, or their gradients.
kernels::ResponseEmbeddingParameters<float> parameters(
    Operands& o, const kernels::ResponseEmbeddingShape& shape) {
    return {o.array(1, shape.categories), o.array(shape.out, shape.categories),
            o.array(1, shape.out)};
}

kernels::ResponseEmbeddingParameters<const float> inputs(
    Operands& o, const kernels::ResponseEmbeddingShape& shape) {
    const auto p = parameters(o, shape);
    return {p.decay, p.weight, p.bias};
}

}  // namespace

Call response_embedding_forward(Operands& o, const Hyperparameters& h) {
    const kernels::ResponseEmbeddingShape shape{n_categories, h.embed_dim};
    const auto in = inputs(o, shape);
    const auto y = o.array(n_categories, shape.out);
    return [=, &b = o.backend(), replicas = o.replicas()] {
        b.response_embedding_forward(replicas, shape, in, y);
    };
}

Call response_embedding_backward(Operands& o, const Hyperparameters& h) {
    const kernels::ResponseEmbeddingShape shape{n_categories, h.embed_dim};
    const auto in = inputs(o, shape);
    const auto gradient = parameters(o, shape);
    const auto dy = o.array(n_categories, shape.out);
    return [=, &b = o.backend(), replicas = o.replicas()] {
        b.response_embedding_backward(replicas, shape, in, dy, gradient);
    };
}

}  // namespace manygpcm::measure
