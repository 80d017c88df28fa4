// A memory gate's map composed with the value vector's, embed_dim -> value_dim -> value_dim; its
// work doesn't depend on the batch.
#include "manygpcm/kernels/composed_linear.h"

#include "operation_list.h"

namespace manygpcm::measure {
namespace {

kernels::ComposedLinearShape shape_of(const Hyperparameters& h) {
    return {h.embed_dim, h.value_dim, h.value_dim, h.value_dim};
}

/// Both maps, as weights or as their gradients.
kernels::ComposedLinearGradient<float> maps(Operands& o, const kernels::ComposedLinearShape& s) {
    return {o.array(s.out, s.middle), o.array(1, s.out), o.array(s.middle, s.in),
            o.array(1, s.middle)};
}

kernels::ComposedLinearInput<float> weights(Operands& o, const kernels::ComposedLinearShape& s) {
    const auto m = maps(o, s);
    return {m.outer_weight, m.outer_bias, m.inner_weight, m.inner_bias};
}

}  // namespace

Call composed_linear_forward(Operands& o, const Hyperparameters& h) {
    const kernels::ComposedLinearShape shape = shape_of(h);
    const auto in = weights(o, shape);
    const auto weight = o.array(shape.out, shape.in), bias = o.array(1, shape.out);
    return [=, &b = o.backend(), replicas = o.replicas()] {
        b.composed_linear_forward(replicas, shape, in, weight, bias);
    };
}

Call composed_linear_backward(Operands& o, const Hyperparameters& h) {
    const kernels::ComposedLinearShape shape = shape_of(h);
    const auto in = weights(o, shape);
    const auto gradient = maps(o, shape);
    const auto dweight = o.array(shape.out, shape.in), dbias = o.array(1, shape.out);
    return [=, &b = o.backend(), replicas = o.replicas()] {
        b.composed_linear_backward(replicas, shape, in, dweight, dbias, gradient);
    };
}

}  // namespace manygpcm::measure
