// The recurrence of the memory over the responses of every learner.
#include "model/operations.h"
#include "model/operations/weights.h"

namespace manygpcm {

Tensor record_memory_scan(Tape& tape, Tensor address_tensor, Tensor erase_tensor, Tensor add_tensor,
                          BatchIndex value_row, Weight initial_value) {
    const Operand address = tape.read_alone(address_tensor);
    const Operand erase = tape.read_alone(erase_tensor), add = tape.read_alone(add_tensor);
    kernels::MemoryScanShape shape;
    shape.slots = tape.width(address_tensor);
    shape.value_dim = tape.width(erase_tensor);
    const Tensor y = tape.add_tensor(RowKind::steps, shape.value_dim);
    Tensor checkpoints;
    if (tape.training()) {
        const std::size_t size = tape.backend().memory_scan_checkpoint_size(
            shape, tape.capacity().steps, tape.capacity().sequences);
        const std::size_t memory = std::size_t(shape.slots) * shape.value_dim;
        checkpoints = tape.add_values(RowKind::fixed, static_cast<int>(memory),
                                      static_cast<int>((size + memory - 1) / memory));
    }
    const auto input = [=](Tape& t, const Pass& p) {
        return kernels::MemoryScanInput<float>{p.batch.index(BatchIndex::offsets),
                                               t.value(address.tensor),
                                               p.batch.index(BatchIndex::question_row),
                                               t.value(erase.tensor),
                                               t.value(add.tensor),
                                               p.batch.index(value_row),
                                               value(t, p, initial_value),
                                               p.batch.index(BatchIndex::known_end)};
    };
    tape.record({[=](Tape& t, const Pass& p) {
                     // Checkpoints are for the backward pass only.
                     t.backend().run(kernels::MemoryScanForward<float>{
                         p.batch.rows(RowKind::sequences), p.batch.rows(RowKind::steps), shape,
                         input(t, p), t.value(y),
                         p.gradients ? t.value(checkpoints) : kernels::PerReplica<float>{}});
                 },
                 [=](Tape& t, const Pass& p) {
                     t.backend().run(kernels::MemoryScanBackward<float>{
                         p.batch.rows(RowKind::sequences),
                         p.batch.rows(RowKind::steps),
                         rows(t, p, address.tensor),
                         rows(t, p, erase.tensor),
                         shape,
                         input(t, p),
                         t.value(checkpoints),
                         t.gradient(y),
                         {t.gradient(address.tensor), t.gradient(erase.tensor),
                          t.gradient(add.tensor), gradient(t, p, initial_value)}});
                 }});
    return y;
}

}  // namespace manygpcm
