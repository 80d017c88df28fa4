// The question embedding, a row a distinct question, key_dim wide.
#include "manygpcm/kernels/embedding.h"

#include "operation_list.h"

namespace manygpcm::measure {

Call embedding_forward(Operands& o, const Hyperparameters& h) {
    const kernels::Rows rows = o.rows(RowKind::questions);
    const kernels::RowIndex index = o.index(BatchIndex::distinct_question);
    const auto table = o.array(n_questions, h.key_dim), y = o.array(rows.capacity, h.key_dim);
    return [=, &b = o.backend(), width = h.key_dim] {
        b.embedding_forward(rows, width, table, index, y);
    };
}

Call embedding_backward(Operands& o, const Hyperparameters& h) {
    const kernels::Rows rows = o.rows(RowKind::questions);
    const kernels::RowIndex index = o.index(BatchIndex::distinct_question);
    const auto dtable = o.array(n_questions, h.key_dim), dy = o.array(rows.capacity, h.key_dim);
    return [=, &b = o.backend(), width = h.key_dim] {
        b.embedding_backward(rows, n_questions, width, index, dy, dtable);
    };
}

}  // namespace manygpcm::measure
