// The linear-decay embedding.
#include "model/operations.h"
#include "model/operations/weights.h"

namespace manygpcm {

Tensor record_linear_decay(Tape& tape, RowKind kind, BatchIndex question, BatchIndex response,
                           const kernels::LinearDecayShape& shape, const LinearWeights& weights) {
    const Tensor y = tape.add_tensor(kind, shape.out);
    tape.record(
        {[=](Tape& t, const Pass& p) {
             t.backend().run(kernels::LinearDecayForward<float>{
                 p.batch.rows(kind), shape, value(t, p, weights.weight), value(t, p, weights.bias),
                 p.batch.index(question), p.batch.index(response), t.value(y)});
         },
         [=](Tape& t, const Pass& p) {
             t.backend().run(kernels::LinearDecayBackward<float>{
                 p.batch.rows(kind), shape, p.batch.index(question), p.batch.index(response),
                 t.gradient(y), gradient(t, p, weights.weight), gradient(t, p, weights.bias)});
         }});
    return y;
}

}  // namespace manygpcm
