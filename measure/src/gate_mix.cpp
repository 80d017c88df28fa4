// The refinement's gate, [steps, embed_dim].
#include "manygpcm/kernels/gate_mix.h"

#include "operation_list.h"

namespace manygpcm::measure {

Call gate_mix_forward(Operands& o, const Hyperparameters& h) {
    const kernels::Rows rows = o.rows(RowKind::steps);
    const int width = h.embed_dim;
    const auto g = o.array(rows.capacity, width, 0, 1), y = o.array(rows.capacity, width);
    const auto a = o.array(rows.capacity, width), x = o.array(rows.capacity, width);
    return [=, &b = o.backend()] { b.gate_mix_forward(rows, width, g, a, x, y); };
}

Call gate_mix_backward(Operands& o, const Hyperparameters& h) {
    const kernels::Rows rows = o.rows(RowKind::steps);
    const int width = h.embed_dim;
    const auto g = o.array(rows.capacity, width, 0, 1), dy = o.array(rows.capacity, width);
    const auto a = o.array(rows.capacity, width), x = o.array(rows.capacity, width);
    const auto dg = o.array(rows.capacity, width);
    const auto da = o.array(rows.capacity, width), dx = o.array(rows.capacity, width);
    return [=, &b = o.backend()] {
        b.gate_mix_backward(rows, width, g, a, x, dy, dg, da, dx, kernels::Write::replace);
    };
}

}  // namespace manygpcm::measure
