// What a learner has done with the question that is asked, as an input of the deep models
// (docs/model.md). Its weights start as zeros: training begins at the model without it.
#pragma once

#include <string>

#include "model/layers/recorder.h"

namespace manygpcm {

/// [steps, kernels::history_width] before each step's response, where the hyperparameter `history`
/// asks for it; else absent.
struct HistoryTensors {
    Tensor input, head;
};

HistoryTensors record_history(Recorder& r);

/// activation(x + `history.NAME.weight` h_t), one row a step.
Tensor add_history(Recorder& r, const std::string& name, Tensor history, const Addend& x,
                   kernels::Activation activation = kernels::Activation::identity);

/// The same of a linear map of x; activation(map x), by the same row numbers, without a history.
Addend linear_with_history(Recorder& r, const LinearMap& map, const Addend& x,
                           const std::string& name, Tensor history,
                           kernels::Activation activation = kernels::Activation::identity);

}  // namespace manygpcm
