// Self-attention over every learner's responses, of what depends on the response alone.
#include "model/operations.h"

namespace manygpcm {

Tensor record_response_attention(Tape& tape, Tensor qkv_tensor, kernels::AttentionShape shape) {
    const Operand qkv = tape.read_alone(qkv_tensor);
    shape.dropout_use = tape.next_dropout_use();
    const int categories = tape.row_capacity(qkv_tensor);
    const Tensor y = tape.add_tensor(RowKind::steps, shape.width);
    const Tensor kept =
        tape.training() ? tape.add_values(RowKind::steps, shape.heads * categories) : Tensor{};
    tape.record(
        {[=](Tape& t, const Pass& p) {
             t.backend().run(kernels::ResponseAttentionForward<float>{
                 p.batch.rows(RowKind::sequences), p.batch.rows(RowKind::steps), categories, shape,
                 p.batch.index(BatchIndex::offsets), p.batch.index(BatchIndex::response), p.dropout,
                 t.value(qkv.tensor), p.gradients ? t.value(kept) : kernels::PerReplica<float>{},
                 t.value(y), p.batch.index(BatchIndex::known_end)});
         },
         [=](Tape& t, const Pass& p) {
             t.backend().run(kernels::ResponseAttentionBackward<float>{
                 p.batch.rows(RowKind::sequences), p.batch.rows(RowKind::steps), categories, shape,
                 p.batch.index(BatchIndex::offsets), p.batch.index(BatchIndex::response),
                 t.value(qkv.tensor), t.value(kept), t.gradient(y), t.gradient(qkv.tensor)});
         }});
    return y;
}

}  // namespace manygpcm
