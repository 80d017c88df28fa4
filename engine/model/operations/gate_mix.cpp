// A gate between two tensors.
#include "model/operations.h"
#include "model/operations/weights.h"

namespace manygpcm {

Tensor record_gate_mix(Tape& tape, Tensor gate, Tensor a_tensor, Tensor b_tensor) {
    const Operand g = tape.read_alone(gate), a = tape.read_alone(a_tensor), b = tape.read(b_tensor);
    const int width = tape.width(gate);
    const Tensor y = tape.add_tensor(tape.row_kind(gate), width);
    tape.record({[=](Tape& t, const Pass& p) {
                     t.backend().run(kernels::GateMixForward<float>{
                         rows(t, p, y), width, t.value(g.tensor), t.value(a.tensor),
                         t.value(b.tensor), t.value(y)});
                 },
                 [=](Tape& t, const Pass& p) {
                     t.backend().run(kernels::GateMixBackward<float>{
                         rows(t, p, y), width, t.value(g.tensor), t.value(a.tensor),
                         t.value(b.tensor), t.gradient(y), t.gradient(g.tensor),
                         t.gradient(a.tensor), t.gradient(b.tensor), t.write(b)});
                 }});
    return y;
}

}  // namespace manygpcm
