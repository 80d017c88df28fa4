// How a bound of the search space would be moved outwards.
#pragma once

#include <optional>

#include "manygpcm/report/analysis.h"

namespace manygpcm {

/// The space's lowest or highest value of a parameter.
double bound(const Parameter& parameter, bool upper);

/// A value beyond that bound: twice as far from zero, or half as far where the way leads towards
/// zero. None where the model can't take it (no dropout below 0, no half a cycle).
std::optional<double> beyond(const Parameter& parameter, bool upper);

}  // namespace manygpcm
