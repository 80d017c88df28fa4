// Self-attention over every learner's responses.
#include "model/operations.h"

namespace manygpcm {

Tensor record_attention(Tape& tape, Tensor qkv_tensor, kernels::AttentionShape shape) {
    const Operand qkv = tape.read_alone(qkv_tensor);
    shape.dropout_use = tape.next_dropout_use();
    const Tensor y = tape.add_tensor(RowKind::steps, shape.width);
    const Tensor log_sum_exp = tape.add_values(RowKind::steps, shape.heads);
    tape.record({[=](Tape& t, const Pass& p) {
                     t.backend().run(kernels::AttentionForward<float>{
                         p.batch.rows(RowKind::sequences), p.batch.rows(RowKind::steps), shape,
                         p.batch.index(BatchIndex::offsets), p.dropout, t.value(qkv.tensor),
                         t.value(y), t.value(log_sum_exp), p.batch.index(BatchIndex::known_end)});
                 },
                 [=](Tape& t, const Pass& p) {
                     t.backend().run(kernels::AttentionBackward<float>{
                         p.batch.rows(RowKind::sequences), p.batch.rows(RowKind::steps), shape,
                         p.batch.index(BatchIndex::offsets), p.dropout, t.value(qkv.tensor),
                         t.value(y), t.value(log_sum_exp), t.gradient(y), t.gradient(qkv.tensor)});
                 }});
    return y;
}

}  // namespace manygpcm
