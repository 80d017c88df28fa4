// The online posterior of ability under given items.
#pragma once

#include "model/operations.h"

namespace manygpcm {

struct PosteriorTensors {
    Tensor mean, deviation;  ///< [steps] before the step's response
    Tensor after;            ///< [steps, 2] both with it
    HeadTensors head;        ///< the classical model's own prediction
    Tensor spread;           ///< [steps, K-1] what it has beyond that of the mean
    Tensor threshold;        ///< [questions, K-1]
};

/// None of what it returns has a gradient.
/// @param slope [question ids]  @param step [question ids, K-1]
PosteriorTensors record_ability_posterior(Tape& tape, int n_categories, Weight slope, Weight step);

}  // namespace manygpcm
