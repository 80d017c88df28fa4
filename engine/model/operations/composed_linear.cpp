// Two linear maps made one, as weights that others read.
#include "model/operations.h"
#include "model/operations/weights.h"

namespace manygpcm {

LinearWeights record_composed_linear(Tape& tape, const kernels::ComposedLinearShape& shape,
                                     const LinearWeights& outer, const LinearWeights& inner) {
    const LinearWeights y{{-1, tape.add_tensor(RowKind::fixed, shape.in, shape.out)},
                          {-1, tape.add_tensor(RowKind::fixed, shape.out, 1)}};
    const auto input = [=](Tape& t, const Pass& p) {
        return kernels::ComposedLinearInput<float>{
            value(t, p, outer.weight), value(t, p, outer.bias), value(t, p, inner.weight),
            value(t, p, inner.bias)};
    };
    tape.record({[=](Tape& t, const Pass& p) {
                     t.backend().run(kernels::ComposedLinearForward<float>{
                         p.batch.replicas(), shape, input(t, p), t.value(y.weight.computed),
                         t.value(y.bias.computed)});
                 },
                 [=](Tape& t, const Pass& p) {
                     t.backend().run(kernels::ComposedLinearBackward<float>{
                         p.batch.replicas(),
                         shape,
                         input(t, p),
                         t.gradient(y.weight.computed),
                         t.gradient(y.bias.computed),
                         {gradient(t, p, outer.weight), gradient(t, p, outer.bias),
                          gradient(t, p, inner.weight), gradient(t, p, inner.bias)}});
                 }});
    return y;
}

}  // namespace manygpcm
