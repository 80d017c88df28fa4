#include "cases.h"

namespace manygpcm::parity {
namespace {

void run_response(Run& run, int replicas, const kernels::ResponseEmbeddingShape& shape) {
    const auto [n_categories, out] = shape;
    const kernels::ResponseEmbeddingParameters<const float> in{
        run.random(replicas, n_categories), run.random(replicas, out * n_categories),
        run.random(replicas, out)};
    const auto y = run.random(replicas, n_categories * out);
    run.backend().response_embedding_forward(replicas, shape, in, y);
    run.expect("y", replicas, n_categories * out, y);

    const auto dy = run.random(replicas, n_categories * out);
    const kernels::ResponseEmbeddingParameters<float> to{run.random(replicas, n_categories),
                                                         run.random(replicas, out * n_categories),
                                                         run.random(replicas, out)};
    run.backend().response_embedding_backward(replicas, shape, in, dy, to);
    run.expect("ddecay", replicas, n_categories, to.decay);
    run.expect("dweight", replicas, out * n_categories, to.weight);
    run.expect("dbias", replicas, out, to.bias);
}

}  // namespace

void add_response_embedding_cases(std::vector<Case>& cases) {
    cases.push_back({"response embedding", [](Run& run) { run_response(run, 3, {4, 32}); }});
    cases.push_back({"response embedding, more outputs than threads of a block", [](Run& run) {
                         run_response(run, 1, {7, 301});
                     }});
}

}  // namespace manygpcm::parity
