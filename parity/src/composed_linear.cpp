#include "cases.h"

namespace manygpcm::parity {
namespace {

using kernels::ComposedLinearShape;
using kernels::PerReplica;

/// @param column of a wider weight, where the outer one begins
void run_composed(Run& run, int replicas, const ComposedLinearShape& shape, int column) {
    const auto [in, middle, out, stride] = shape;
    const auto slice = [&](PerReplica<float> w) {
        return PerReplica<float>{w.data + column, w.stride};
    };
    const kernels::ComposedLinearInput<float> input{
        slice(run.random(replicas, out * stride)), run.random(replicas, out),
        run.random(replicas, middle * in), run.random(replicas, middle)};
    const auto weight = run.random(replicas, out * in), bias = run.random(replicas, out);
    run.backend().composed_linear_forward(replicas, shape, input, weight, bias);
    run.expect("weight", replicas, out * in, weight);
    run.expect("bias", replicas, out, bias);

    const auto dweight = run.random(replicas, out * in), dbias = run.random(replicas, out);
    const auto outer = run.random(replicas, out * stride);
    const kernels::ComposedLinearGradient<float> to{slice(outer), run.random(replicas, out),
                                                    run.random(replicas, middle * in),
                                                    run.random(replicas, middle)};
    run.backend().composed_linear_backward(replicas, shape, input, dweight, dbias, to);
    run.expect("d outer weight", replicas, out * stride, outer);
    run.expect("d outer bias", replicas, out, to.outer_bias);
    run.expect("d inner weight", replicas, middle * in, to.inner_weight);
    run.expect("d inner bias", replicas, middle, to.inner_bias);
}

}  // namespace

void add_composed_linear_cases(std::vector<Case>& cases) {
    cases.push_back({"composed linear", [](Run& run) {
                         run_composed(run, 3, {8, 68, 12, 68}, 0);
                     }});
    cases.push_back({"composed linear, odd widths of one replica", [](Run& run) {
                         run_composed(run, 1, {5, 7, 300, 7}, 0);
                     }});
    cases.push_back({"composed linear, a slice of columns", [](Run& run) {
                         run_composed(run, 3, {6, 10, 9, 15}, 3);
                     }});
}

}  // namespace manygpcm::parity
