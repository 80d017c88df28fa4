// What operations on a tape read of a run: a weight's value and gradient, a tensor's rows.
#pragma once

#include "model/operations.h"

namespace manygpcm {

inline kernels::PerReplica<const float> value(Tape& tape, const Pass& pass, const Weight& weight) {
    if (weight.computed) return tape.value(weight.computed);
    if (weight.offset < 0) return {};
    return {pass.parameters.data + weight.offset, pass.parameters.stride};
}

inline kernels::PerReplica<float> gradient(Tape& tape, const Pass& pass, const Weight& weight) {
    if (weight.computed) return tape.gradient(weight.computed);
    if (weight.offset < 0) return {};
    return {pass.gradients.data + weight.offset, pass.gradients.stride};
}

inline kernels::Rows rows(Tape& tape, const Pass& pass, Tensor tensor) {
    return pass.batch.rows(tape.row_kind(tensor));
}

}  // namespace manygpcm
