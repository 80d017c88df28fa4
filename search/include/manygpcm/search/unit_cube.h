// The search space as the unit cube, one axis a parameter: what samplers calculate in.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "manygpcm/search/space.h"

namespace manygpcm::search {

/// How many values a choice, an integer or a real with a step has; 0 for another real. A double,
/// for the range of an integer may hold more than a machine's integers count.
double n_levels(const Parameter& parameter);

/// The value at `u` in [0, 1]. Reals are linear in u, or exponential; choices have cells of equal
/// width; integers and reals with a step the cells from value - step/2 to value + step/2, linear or
/// in the logarithm.
double value_at(const Parameter& parameter, double u);

/// The inverse of value_at(): of what has levels, a place inside the value's cell.
double unit_of(const Parameter& parameter, double value);

/// The value of the parameter that is nearest to this one.
double nearest_value(const Parameter& parameter, double value);

/// The settled point at `u` [number of parameters].
Point point_at(const Space& space, std::span<const double> u);

/// The inverse of point_at(). Parameters that aren't active are in the middle.
std::vector<double> unit_of(const Space& space, const Point& point);

/// The first feasible of the points that `draw` makes of the space.
/// @throws InputError where none of many is.
Point first_feasible(const Space& space, const std::function<Point()>& draw);

}  // namespace manygpcm::search
