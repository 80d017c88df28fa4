// Dropout of the refinement's candidates, [steps, embed_dim].
#include "manygpcm/kernels/dropout.h"

#include "operation_list.h"

namespace manygpcm::measure {
namespace {

constexpr kernels::DropoutKey key{{1, 2}, 3};

}  // namespace

Call dropout_forward(Operands& o, const Hyperparameters& h) {
    const kernels::Rows rows = o.rows(RowKind::steps);
    const kernels::DropoutShape shape{h.dropout_rate, 0, h.embed_dim};
    const auto* keys = o.copies(key);
    const auto x = o.array(rows.capacity, shape.width), y = o.array(rows.capacity, shape.width);
    return [=, &b = o.backend()] { b.dropout_forward(rows, shape, keys, x, y); };
}

Call dropout_backward(Operands& o, const Hyperparameters& h) {
    const kernels::Rows rows = o.rows(RowKind::steps);
    const kernels::DropoutShape shape{h.dropout_rate, 0, h.embed_dim};
    const auto* keys = o.copies(key);
    const auto dy = o.array(rows.capacity, shape.width), dx = o.array(rows.capacity, shape.width);
    return [=, &b = o.backend()] {
        b.dropout_backward(rows, shape, keys, dy, dx, kernels::Write::replace);
    };
}

}  // namespace manygpcm::measure
