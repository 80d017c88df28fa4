// What is to be known of a model that is a classical one, once it is fitted.
#pragma once

#include <span>

#include "manygpcm/engine/classical_gpcm.h"
#include "manygpcm/engine/model.h"

namespace manygpcm {

/// judge_fit() of a model that is a classical one, which gets its standard errors.
ClassicalFit judge_model(Model& model, Learners learners, std::span<const int> which,
                         StopFlag stop = nullptr, const WorkObserver& observer = {});

}  // namespace manygpcm
