// Best parameters at a bound of the search space, and how it would be moved outwards.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "manygpcm/search/space.h"

namespace manygpcm::report {

/// Best parameters that sit on a bound of the space (first or last choice, or within 1% of the
/// range, log for log).
struct Edge {
    std::string name;
    double value = 0;
    bool upper = false;
};
std::vector<Edge> edges(const search::Space& space, const search::Point& best);

/// The space's lowest or highest value of a parameter.
double bound(const search::Parameter& parameter, bool upper);

/// A value beyond that bound: twice as far from zero, or half as far where the way leads towards
/// zero. None where the model can't take it (no dropout below 0, no half a cycle).
std::optional<double> beyond(const search::Parameter& parameter, bool upper);

}  // namespace manygpcm::report
