// Layer normalisation.
#include "model/operations.h"
#include "model/operations/weights.h"

namespace manygpcm {

Tensor record_layer_norm(Tape& tape, Tensor x_tensor, bool relu, const LinearWeights& weights) {
    const Operand x = tape.read(x_tensor);
    const kernels::LayerNormShape shape{tape.width(x_tensor), relu};
    const Tensor y = tape.add_tensor(tape.row_kind(x_tensor), shape.width);
    const Tensor statistics = tape.add_values(tape.row_kind(x_tensor), 2);
    tape.record({[=](Tape& t, const Pass& p) {
                     t.backend().run(kernels::LayerNormForward<float>{
                         rows(t, p, y), shape, t.value(x.tensor), value(t, p, weights.weight),
                         value(t, p, weights.bias), t.value(y), t.value(statistics)});
                 },
                 [=](Tape& t, const Pass& p) {
                     t.backend().run(kernels::LayerNormBackward<float>{
                         rows(t, p, y), shape, t.value(x.tensor), value(t, p, weights.weight),
                         t.value(y), t.value(statistics), t.gradient(y), t.gradient(x.tensor),
                         t.write(x), gradient(t, p, weights.weight), gradient(t, p, weights.bias)});
                 }});
    return y;
}

}  // namespace manygpcm
