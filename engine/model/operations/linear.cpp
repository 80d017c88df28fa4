// A linear map, with what it is added to and its activation.
#include "model/operations.h"
#include "model/operations/weights.h"

namespace manygpcm {
namespace {

/// Kernels add to weights' gradients. Those of parameters are zeroed by the trainer, those of
/// computed weights here.
void zero_computed_gradient(Tape& tape, const Pass& pass, const Weight& weight, std::size_t size) {
    if (weight.computed)
        tape.backend().zero(pass.batch.replicas(), size, tape.gradient(weight.computed));
}

}  // namespace

Tensor record_linear(Tape& tape, Tensor x_tensor, const kernels::LinearShape& shape,
                     const LinearWeights& weights, const Addend& addend) {
    const Operand x = tape.read(x_tensor);
    const Operand added = addend.tensor ? tape.read(addend.tensor) : Operand{};
    if (weights.weight.computed) tape.read_alone(weights.weight.computed);
    if (weights.bias.computed) tape.read_alone(weights.bias.computed);
    const Tensor y = tape.add_tensor(tape.row_kind(x_tensor), shape.out);
    const auto input = [=](Tape& t, const Pass& p) {
        return kernels::LinearInput<float>{t.value(x.tensor), value(t, p, weights.weight),
                                           value(t, p, weights.bias), t.value(added.tensor),
                                           p.batch.index(addend.row)};
    };
    tape.record(
        {[=](Tape& t, const Pass& p) {
             t.backend().run(
                 kernels::LinearForward<float>{rows(t, p, y), shape, input(t, p), t.value(y)});
         },
         [=](Tape& t, const Pass& p) {
             zero_computed_gradient(t, p, weights.weight, std::size_t(shape.out) * shape.in);
             zero_computed_gradient(t, p, weights.bias, shape.out);
             kernels::LinearGradient<float> to;
             to.x = t.gradient_if_any(x.tensor);
             to.x_write = t.write(x);
             to.weight = gradient(t, p, weights.weight);
             to.bias = gradient(t, p, weights.bias);
             kernels::Rows addend_rows;
             if (added.tensor) {
                 to.addend = t.gradient_if_any(added.tensor);
                 to.addend_write = t.write(added);
                 addend_rows = rows(t, p, added.tensor);
             }
             t.backend().run(kernels::LinearBackward<float>{
                 rows(t, p, y), addend_rows, shape, input(t, p), t.value(y), t.gradient(y), to});
         }});
    return y;
}

}  // namespace manygpcm
