// The linear-decay embedding, a row a pair of question and category: `value` (deep_gpcm's value
// vector, value_dim wide) and `response` (attn_gpcm_linear's embedding, embed_dim wide).
#include "manygpcm/kernels/linear_decay.h"

#include "operation_list.h"

namespace manygpcm::measure {
namespace {

Call forward(Operands& o, int out) {
    const kernels::LinearDecayShape shape{n_questions, n_categories, out};
    const kernels::Rows rows = o.rows(RowKind::pairs);
    const auto weight = o.array(out, n_categories * n_questions), bias = o.array(1, out);
    const auto y = o.array(rows.capacity, out);
    const auto question = o.index(BatchIndex::pair_question);
    const auto response = o.index(BatchIndex::pair_response);
    return [=, &b = o.backend()] {
        b.linear_decay_forward(rows, shape, weight, bias, question, response, y);
    };
}

Call backward(Operands& o, int out) {
    const kernels::LinearDecayShape shape{n_questions, n_categories, out};
    const kernels::Rows rows = o.rows(RowKind::pairs);
    const auto dweight = o.array(out, n_categories * n_questions), dbias = o.array(1, out);
    const auto dy = o.array(rows.capacity, out);
    const auto question = o.index(BatchIndex::pair_question);
    const auto response = o.index(BatchIndex::pair_response);
    return [=, &b = o.backend()] {
        b.linear_decay_backward(rows, shape, question, response, dy, dweight, dbias);
    };
}

}  // namespace

Call linear_decay_value_forward(Operands& o, const Hyperparameters& h) {
    return forward(o, h.value_dim);
}
Call linear_decay_value_backward(Operands& o, const Hyperparameters& h) {
    return backward(o, h.value_dim);
}
Call linear_decay_response_forward(Operands& o, const Hyperparameters& h) {
    return forward(o, h.embed_dim);
}
Call linear_decay_response_backward(Operands& o, const Hyperparameters& h) {
    return backward(o, h.embed_dim);
}

}  // namespace manygpcm::measure
