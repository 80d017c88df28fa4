#include "checks/checks.h"

namespace manygpcm::kernels::checks {
namespace {

void run_response(Run& run, int replicas, const ResponseEmbeddingShape& shape) {
    const auto [n_categories, out] = shape;
    const ResponseEmbeddingParameters<const float> in{run.random(replicas, n_categories),
                                                      run.random(replicas, out * n_categories),
                                                      run.random(replicas, out)};
    const auto y = run.random(replicas, n_categories * out);
    run.backend().run(ResponseEmbeddingForward<float>{replicas, shape, in, y});
    run.expect("y", replicas, n_categories * out, y);

    const auto dy = run.random(replicas, n_categories * out);
    const ResponseEmbeddingParameters<float> to{run.random(replicas, n_categories),
                                                run.random(replicas, out * n_categories),
                                                run.random(replicas, out)};
    run.backend().run(ResponseEmbeddingBackward<float>{replicas, shape, in, dy, to});
    run.expect("ddecay", replicas, n_categories, to.decay);
    run.expect("dweight", replicas, out * n_categories, to.weight);
    run.expect("dbias", replicas, out, to.bias);
}

/// The parameters, or their gradients.
ResponseEmbeddingParameters<float> response_parameters(Operands& o,
                                                       const ResponseEmbeddingShape& shape) {
    return {o.array(1, shape.categories), o.array(shape.out, shape.categories),
            o.array(1, shape.out)};
}

}  // namespace

void add_response_embedding_checks(Checks& checks) {
    checks.compare("response embedding", [](Run& run) { run_response(run, 3, {4, 32}); });
    checks.compare("response embedding, more outputs than threads of a block", [](Run& run) {
        run_response(run, 1, {7, 301});
    });

    // Its work doesn't depend on the batch.
    checks.time("response_embedding_forward", [](Operands& o, const ModelSizes& s) {
        const ResponseEmbeddingShape shape{n_categories, s.embed_dim};
        const auto in = response_parameters(o, shape);
        return ResponseEmbeddingForward<float>{
            o.replicas(), shape, {in.decay, in.weight, in.bias}, o.array(n_categories, shape.out)};
    });
    checks.time("response_embedding_backward", [](Operands& o, const ModelSizes& s) {
        const ResponseEmbeddingShape shape{n_categories, s.embed_dim};
        const auto in = response_parameters(o, shape);
        return ResponseEmbeddingBackward<float>{o.replicas(),
                                                shape,
                                                {in.decay, in.weight, in.bias},
                                                o.array(n_categories, shape.out),
                                                response_parameters(o, shape)};
    });
}

}  // namespace manygpcm::kernels::checks
