#include "model/operations/response_history.h"

namespace manygpcm {

Tensor record_response_history(Tape& tape, int n_categories) {
    const Tensor y = tape.add_values(RowKind::steps, kernels::history_width);
    tape.record(
        {[=](Tape& t, const Pass& p) {
             t.backend().run(kernels::ResponseHistory<float>{
                 p.batch.rows(RowKind::sequences), p.batch.rows(RowKind::steps),
                 p.batch.rows(RowKind::questions), n_categories, p.batch.index(BatchIndex::offsets),
                 p.batch.index(BatchIndex::question_row), p.batch.index(BatchIndex::response),
                 t.value(y), p.batch.index(BatchIndex::known_end)});
         },
         [](Tape&, const Pass&) {}});
    return y;
}

}  // namespace manygpcm
