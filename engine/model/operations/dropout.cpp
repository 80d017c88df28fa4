// Dropout, each with a mask of its own.
#include "model/operations.h"
#include "model/operations/weights.h"

namespace manygpcm {

Tensor record_dropout(Tape& tape, Tensor x_tensor, double rate) {
    const Operand x = tape.read(x_tensor);
    const kernels::DropoutShape shape{rate, tape.next_dropout_use(), tape.width(x_tensor)};
    const Tensor y = tape.add_tensor(tape.row_kind(x_tensor), shape.width);
    tape.record(
        {[=](Tape& t, const Pass& p) {
             t.backend().run(kernels::DropoutForward<float>{rows(t, p, y), shape, p.dropout,
                                                            t.value(x.tensor), t.value(y)});
         },
         [=](Tape& t, const Pass& p) {
             t.backend().run(kernels::DropoutBackward<float>{
                 rows(t, p, y), shape, p.dropout, t.gradient(y), t.gradient(x.tensor), t.write(x)});
         }});
    return y;
}

}  // namespace manygpcm
