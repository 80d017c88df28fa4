// Rows of a table by a batch's index: an embedding's, or those of a tensor.
#include "model/operations.h"
#include "model/operations/weights.h"

namespace manygpcm {

Tensor record_embedding(Tape& tape, RowKind kind, BatchIndex index, int table_rows, int width,
                        Weight table) {
    const Tensor y = tape.add_tensor(kind, width);
    tape.record(
        {[=](Tape& t, const Pass& p) {
             t.backend().run(kernels::EmbeddingForward<float>{
                 p.batch.rows(kind), width, value(t, p, table), p.batch.index(index), t.value(y)});
         },
         [=](Tape& t, const Pass& p) {
             t.backend().run(kernels::EmbeddingBackward<float>{
                 p.batch.rows(kind), table_rows, width, p.batch.index(index), t.gradient(y),
                 gradient(t, p, table)});
         }});
    return y;
}

Tensor record_gather(Tape& tape, Tensor x_tensor, BatchIndex row) {
    const Operand x = tape.read(x_tensor);
    const int width = tape.width(x_tensor);
    const Tensor y = tape.add_tensor(RowKind::steps, width);
    tape.record({[=](Tape& t, const Pass& p) {
                     t.backend().run(kernels::EmbeddingForward<float>{
                         rows(t, p, y), width, t.value(x.tensor), p.batch.index(row), t.value(y)});
                 },
                 [=](Tape& t, const Pass& p) {
                     const int x_rows = t.row_capacity(x.tensor);
                     if (t.write(x) == kernels::Write::replace)
                         t.backend().zero(p.batch.replicas(), std::size_t(x_rows) * width,
                                          t.gradient(x.tensor));
                     t.backend().run(kernels::EmbeddingBackward<float>{
                         rows(t, p, y), x_rows, width, p.batch.index(row), t.gradient(y),
                         t.gradient(x.tensor)});
                 }});
    return y;
}

}  // namespace manygpcm
