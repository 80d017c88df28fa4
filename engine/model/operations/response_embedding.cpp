// The learned-decay embedding, a row a category.
#include "model/operations.h"
#include "model/operations/weights.h"

namespace manygpcm {

Tensor record_response_embedding(Tape& tape, int n_categories, int width, Weight decay,
                                 const LinearWeights& weights) {
    const kernels::ResponseEmbeddingShape shape{n_categories, width};
    const Tensor y = tape.add_tensor(RowKind::categories, width);
    const auto parameters = [=](Tape& t, const Pass& p) {
        return kernels::ResponseEmbeddingParameters<const float>{
            value(t, p, decay), value(t, p, weights.weight), value(t, p, weights.bias)};
    };
    tape.record({[=](Tape& t, const Pass& p) {
                     t.backend().run(kernels::ResponseEmbeddingForward<float>{
                         p.batch.replicas(), shape, parameters(t, p), t.value(y)});
                 },
                 [=](Tape& t, const Pass& p) {
                     t.backend().run(kernels::ResponseEmbeddingBackward<float>{
                         p.batch.replicas(),
                         shape,
                         parameters(t, p),
                         t.gradient(y),
                         {gradient(t, p, decay), gradient(t, p, weights.weight),
                          gradient(t, p, weights.bias)}});
                 }});
    return y;
}

}  // namespace manygpcm
