// Layer normalisation with its relu, as the fusion has it: [steps, embed_dim].
#include "manygpcm/kernels/layer_norm.h"

#include "operation_list.h"

namespace manygpcm::measure {

Call layer_norm_forward(Operands& o, const Hyperparameters& h) {
    const kernels::Rows rows = o.rows(RowKind::steps);
    const kernels::LayerNormShape shape{h.embed_dim, true};
    const auto x = o.array(rows.capacity, shape.width), y = o.array(rows.capacity, shape.width);
    const auto gain = o.array(1, shape.width), bias = o.array(1, shape.width);
    const auto statistics = o.array(rows.capacity, 2);
    return
        [=, &b = o.backend()] { b.layer_norm_forward(rows, shape, x, gain, bias, y, statistics); };
}

Call layer_norm_backward(Operands& o, const Hyperparameters& h) {
    const kernels::Rows rows = o.rows(RowKind::steps);
    const kernels::LayerNormShape shape{h.embed_dim, true};
    const auto x = o.array(rows.capacity, shape.width), y = o.array(rows.capacity, shape.width);
    const auto dx = o.array(rows.capacity, shape.width), dy = o.array(rows.capacity, shape.width);
    const auto gain = o.array(1, shape.width), bias = o.array(1, shape.width);
    const auto dgain = o.array(1, shape.width), dbias = o.array(1, shape.width);
    const auto statistics = o.array(rows.capacity, 2);
    o.backend().layer_norm_forward(rows, shape, x, gain, bias, y, statistics);
    return [=, &b = o.backend()] {
        b.layer_norm_backward(rows, shape, x, gain, y, statistics, dy, dx, kernels::Write::replace,
                              dgain, dbias);
    };
}

}  // namespace manygpcm::measure
