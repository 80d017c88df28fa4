// A memory gate's map composed with the value vector's, embed_dim -> value_dim -> value_dim; its
// work doesn't depend on the batch. Forward counts the product of the two matrices and of the outer
// one with the inner bias, 2 operations a multiply-add, and 1 an element of the sum of biases.
// Backward counts the two products that each of these needs, and 1 an element of the outer bias.
#include "manygpcm/kernels/composed_linear.h"

#include "batches.h"
#include "roofline.h"

namespace manygpcm::bench {
namespace {

struct Weights {
    explicit Weights(const kernels::ComposedLinearShape& shape)
        : outer_weight(shape.out, shape.middle),
          outer_bias(1, shape.out),
          inner_weight(shape.middle, shape.in),
          inner_bias(1, shape.middle) {}
    Array outer_weight, outer_bias, inner_weight, inner_bias;
};

kernels::ComposedLinearShape shape_of(const Hyperparameters& h) {
    return {h.embed_dim, h.value_dim, h.value_dim, h.value_dim};
}

/// Elements of the four arrays of both maps, but for the outer bias.
double factors(const kernels::ComposedLinearShape& shape) {
    return elements(shape.out, shape.middle) + elements(shape.middle, shape.in) + shape.middle;
}

/// Operations of the products of the matrices and with the inner bias.
double products(const kernels::ComposedLinearShape& shape) {
    return 2 * elements(shape.out, shape.middle) * (shape.in + 1);
}

void composed_linear_forward(benchmark::State& state, const Hyperparameters& h) {
    const kernels::ComposedLinearShape shape = shape_of(h);
    Weights w(shape);
    Array weight(shape.out, shape.in), bias(1, shape.out);
    const Work work{.flops = products(shape) + shape.out,
                    .read = factors(shape) + shape.out,
                    .written = elements(shape.out, shape.in) + shape.out};
    measure(state, work, [&] {
        kernels::composed_linear_forward<float>(
            1, shape, {w.outer_weight, w.outer_bias, w.inner_weight, w.inner_bias}, weight, bias);
    });
}

void composed_linear_backward(benchmark::State& state, const Hyperparameters& h) {
    const kernels::ComposedLinearShape shape = shape_of(h);
    Weights w(shape), gradient(shape);
    const Array dweight(shape.out, shape.in), dbias(1, shape.out);
    const Work work{.flops = 2 * products(shape) + shape.out,
                    .read = factors(shape) + elements(shape.out, shape.in) + shape.out,
                    .added_to = factors(shape) + shape.out};
    measure(state, work, [&] {
        kernels::composed_linear_backward<float>(
            1, shape, {w.outer_weight, w.outer_bias, w.inner_weight, w.inner_bias}, dweight, dbias,
            {gradient.outer_weight, gradient.outer_bias, gradient.inner_weight,
             gradient.inner_bias});
    });
}

MANYGPCM_BENCHMARK(composed_linear_forward);
MANYGPCM_BENCHMARK(composed_linear_backward);

}  // namespace
}  // namespace manygpcm::bench
