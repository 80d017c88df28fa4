#include "model/operations/gru_scan.h"

#include "model/operations/weights.h"

namespace manygpcm {

Tensor record_gru_scan(Tape& tape, Tensor input_tensor, BatchIndex input_row, int width,
                       const LinearWeights& hidden) {
    const Operand input = tape.read_alone(input_tensor);
    const kernels::GruShape shape{width};
    const Tensor y = tape.add_tensor(RowKind::steps, width);
    const Tensor gates = tape.add_values(RowKind::steps, tape.training() ? 3 * width : 0),
                 candidate = tape.add_values(RowKind::steps, tape.training() ? width : 0);
    const auto in = [=](Tape& t, const Pass& p) {
        return kernels::GruScanInput<float>{
            p.batch.index(BatchIndex::offsets), t.value(input.tensor),
            p.batch.index(input_row),           value(t, p, hidden.weight),
            value(t, p, hidden.bias),           p.batch.index(BatchIndex::known_end)};
    };
    tape.record({[=](Tape& t, const Pass& p) {
                     const auto kept = [&](Tensor tensor) {
                         return p.gradients ? t.value(tensor) : kernels::PerReplica<float>{};
                     };
                     t.backend().run(kernels::GruScanForward<float>{
                         p.batch.rows(RowKind::sequences), p.batch.rows(RowKind::steps), shape,
                         in(t, p), t.value(y), kept(gates), kept(candidate)});
                 },
                 [=](Tape& t, const Pass& p) {
                     t.backend().run(kernels::GruScanBackward<float>{
                         p.batch.rows(RowKind::sequences), p.batch.rows(RowKind::steps),
                         rows(t, p, input.tensor), shape, in(t, p), t.value(y), t.value(gates),
                         t.value(candidate), t.gradient(y), t.gradient(input.tensor),
                         gradient(t, p, hidden.weight), gradient(t, p, hidden.bias)});
                 }});
    return y;
}

}  // namespace manygpcm
