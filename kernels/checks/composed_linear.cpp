#include "checks/checks.h"

namespace manygpcm::kernels::checks {
namespace {

/// @param column of a wider weight, where the outer one begins
void run_composed(Run& run, int replicas, const ComposedLinearShape& shape, int column) {
    const auto [in, middle, out, stride] = shape;
    const auto slice = [&](PerReplica<float> w) {
        return PerReplica<float>{w.data + column, w.stride};
    };
    const ComposedLinearInput<float> input{
        slice(run.random(replicas, out * stride)), run.random(replicas, out),
        run.random(replicas, middle * in), run.random(replicas, middle)};
    const auto weight = run.random(replicas, out * in), bias = run.random(replicas, out);
    run.backend().run(ComposedLinearForward<float>{replicas, shape, input, weight, bias});
    run.expect("weight", replicas, out * in, weight);
    run.expect("bias", replicas, out, bias);

    const auto dweight = run.random(replicas, out * in), dbias = run.random(replicas, out);
    const auto outer = run.random(replicas, out * stride);
    const ComposedLinearGradient<float> to{slice(outer), run.random(replicas, out),
                                           run.random(replicas, middle * in),
                                           run.random(replicas, middle)};
    run.backend().run(ComposedLinearBackward<float>{replicas, shape, input, dweight, dbias, to});
    run.expect("d outer weight", replicas, out * stride, outer);
    run.expect("d outer bias", replicas, out, to.outer_bias);
    run.expect("d inner weight", replicas, middle * in, to.inner_weight);
    run.expect("d inner bias", replicas, middle, to.inner_bias);
}

/// Both maps, as weights or as their gradients.
ComposedLinearGradient<float> composed_maps(Operands& o, const ComposedLinearShape& s) {
    return {o.array(s.out, s.middle), o.array(1, s.out), o.array(s.middle, s.in),
            o.array(1, s.middle)};
}

}  // namespace

void add_composed_linear_checks(Checks& checks) {
    checks.compare("composed linear", [](Run& run) { run_composed(run, 3, {8, 68, 12, 68}, 0); });
    checks.compare("composed linear, odd widths of one replica", [](Run& run) {
        run_composed(run, 1, {5, 7, 300, 7}, 0);
    });
    checks.compare("composed linear, a slice of columns", [](Run& run) {
        run_composed(run, 3, {6, 10, 9, 15}, 3);
    });

    // A memory gate's map composed with the value vector's, embed_dim -> value_dim -> value_dim;
    // its work doesn't depend on the batch.
    const auto shape_of = [](const ModelSizes& s) {
        return ComposedLinearShape{s.embed_dim, s.value_dim, s.value_dim, s.value_dim};
    };
    checks.time("composed_linear_forward", [=](Operands& o, const ModelSizes& s) {
        const ComposedLinearShape shape = shape_of(s);
        const ComposedLinearGradient<float> in = composed_maps(o, shape);
        return ComposedLinearForward<float>{
            o.replicas(),
            shape,
            {in.outer_weight, in.outer_bias, in.inner_weight, in.inner_bias},
            o.array(shape.out, shape.in),
            o.array(1, shape.out)};
    });
    checks.time("composed_linear_backward", [=](Operands& o, const ModelSizes& s) {
        const ComposedLinearShape shape = shape_of(s);
        const ComposedLinearGradient<float> in = composed_maps(o, shape);
        return ComposedLinearBackward<float>{
            o.replicas(),
            shape,
            {in.outer_weight, in.outer_bias, in.inner_weight, in.inner_bias},
            o.array(shape.out, shape.in),
            o.array(1, shape.out),
            composed_maps(o, shape)};
    });
}

}  // namespace manygpcm::kernels::checks
