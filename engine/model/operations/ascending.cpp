// Numbers that keep their order.
#include "model/operations.h"
#include "model/operations/weights.h"

namespace manygpcm {

Tensor record_ascending(Tape& tape, Tensor x_tensor, int first, bool bounded) {
    const Operand x = tape.read_alone(x_tensor);
    const kernels::AscendingShape shape{tape.width(x_tensor), first, bounded};
    const Tensor y = tape.add_tensor(tape.row_kind(x_tensor), shape.width);
    tape.record({[=](Tape& t, const Pass& p) {
                     t.backend().run(kernels::AscendingForward<float>{
                         rows(t, p, y), shape, t.value(x.tensor), t.value(y)});
                 },
                 [=](Tape& t, const Pass& p) {
                     t.backend().run(kernels::AscendingBackward<float>{
                         rows(t, p, y), shape, t.value(x.tensor), t.value(y), t.gradient(y),
                         t.gradient(x.tensor)});
                 }});
    return y;
}

}  // namespace manygpcm
