#include "model/operations/row_dot.h"

#include "model/operations/weights.h"

namespace manygpcm {

Tensor record_row_dot(Tape& tape, Tensor x_tensor, Tensor table_tensor, BatchIndex row) {
    const Operand x = tape.read(x_tensor), table = tape.read_alone(table_tensor);
    const int width = tape.width(x_tensor);
    const Tensor y = tape.add_tensor(tape.row_kind(x_tensor), 1);
    tape.record({[=](Tape& t, const Pass& p) {
                     t.backend().run(kernels::RowDotForward<float>{
                         rows(t, p, y), width, t.value(x.tensor), t.value(table.tensor),
                         p.batch.index(row), t.value(y)});
                 },
                 [=](Tape& t, const Pass& p) {
                     t.backend().run(kernels::RowDotBackward<float>{
                         rows(t, p, y), rows(t, p, table.tensor), width, t.value(x.tensor),
                         t.value(table.tensor), p.batch.index(row), t.gradient(y),
                         t.gradient(x.tensor), t.write(x), t.gradient(table.tensor)});
                 }});
    return y;
}

}  // namespace manygpcm
