// How sure a difference is that was measured once on every fold of a cross-validation.
#pragma once

#include <optional>
#include <span>

#include "manygpcm/engine/metrics.h"

namespace manygpcm {

/// The 95% interval of the mean of `differences`, one a fold: Student's t with the variance
/// corrected for folds that share their training learners, (1/k + 1/(k-1)) s^2 for k folds (Nadeau
/// and Bengio 2003, "Inference for the Generalization Error", eq. 9 with n2/n1 = 1/(k-1)). They
/// derive it for splits drawn at random; for the folds of one partition it is an approximation.
/// None for fewer than two folds.
std::optional<Interval> fold_interval(std::span<const double> differences);

}  // namespace manygpcm
