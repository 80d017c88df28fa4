// The search space as the unit cube, one axis a parameter: what samplers calculate in.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "manygpcm/search/space.h"

namespace manygpcm {

/// How many values an integer or a choice has; 0 for a real.
int n_levels(const Parameter& parameter);

/// The value at `u` in [0, 1]. Reals are linear in u, or exponential; choices have cells of equal
/// width; integers the cells from value - 1/2 to value + 1/2, linear or in the logarithm.
double value_at(const Parameter& parameter, double u);

/// The inverse of value_at(): of an integer or a choice, a place inside its cell.
double unit_of(const Parameter& parameter, double value);

/// The settled point at `u` [number of parameters].
Point point_at(const Space& space, std::span<const double> u);

/// The inverse of point_at(). Parameters that aren't active are in the middle.
std::vector<double> unit_of(const Space& space, const Point& point);

/// The first feasible of the points that `draw` makes of the space.
/// @throws InputError where none of many is.
Point first_feasible(const Space& space, const std::function<Point()>& draw);

}  // namespace manygpcm
