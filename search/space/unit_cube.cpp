// Values of parameters to and from [0, 1].
#include "manygpcm/search/unit_cube.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <iterator>
#include <string>

#include "manygpcm/engine/error.h"

namespace manygpcm::search {
namespace {

// What is uniform along the axis of a real or an integer: an interval, of the logarithm if need be;
// else in halves, so that the width of no interval overflows.
struct Axis {
    double from, to;
    bool log;

    double at(double value) const { return log ? std::log(value) : value / 2; }
};

// Between neighbouring values; 0: there are none.
double step_of(const Parameter& parameter) {
    if (parameter.step > 0) return parameter.step;
    return parameter.kind == Parameter::Kind::integer ? 1 : 0;
}

Axis axis_of(const Parameter& parameter) {
    const double margin = step_of(parameter) / 2;
    Axis axis{0, 0, parameter.log};
    axis.from = axis.at(parameter.low - margin);
    axis.to = axis.at(parameter.high + margin);
    return axis;
}

double nearest_level(const Parameter& parameter, double value) {
    const double step = step_of(parameter);
    if (step == 0) return value;
    if (step == 1 && parameter.kind == Parameter::Kind::integer) return std::round(value);
    return parameter.low + step * std::round((value - parameter.low) / step);
}

}  // namespace

double n_levels(const Parameter& parameter) {
    if (parameter.kind == Parameter::Kind::choice)
        return static_cast<double>(parameter.choices.size());
    const double step = step_of(parameter);
    if (step == 0) return 0;
    constexpr double rounding = 1e-6;  // 0.3 / 0.1 is a little less than 3
    return std::floor(parameter.high / step - parameter.low / step + rounding) + 1;
}

double value_at(const Parameter& parameter, double u) {
    if (parameter.kind == Parameter::Kind::choice) {
        const auto n = parameter.choices.size();
        return parameter
            .choices[std::min(static_cast<std::size_t>(u * static_cast<double>(n)), n - 1)];
    }
    const Axis axis = axis_of(parameter);
    const double x = axis.from + u * (axis.to - axis.from);
    const double value = axis.log ? std::exp(x) : 2 * x;
    // exp(log(x)) may land a rounding error outside the bounds, u = 1 half a step.
    return std::clamp(nearest_level(parameter, value), parameter.low, parameter.high);
}

double unit_of(const Parameter& parameter, double value) {
    if (parameter.kind == Parameter::Kind::choice) {
        const auto& choices = parameter.choices;
        const auto index = std::ranges::find(choices, value) - choices.begin();
        return (static_cast<double>(index) + 0.5) / static_cast<double>(choices.size());
    }
    const Axis axis = axis_of(parameter);
    if (axis.to == axis.from) return 0.5;
    return (axis.at(value) - axis.from) / (axis.to - axis.from);
}

double nearest_value(const Parameter& parameter, double value) {
    if (parameter.kind != Parameter::Kind::choice)
        return std::clamp(nearest_level(parameter, value), parameter.low, parameter.high);
    return *std::ranges::min_element(parameter.choices, {},
                                     [&](double choice) { return std::abs(choice - value); });
}

Point point_at(const Space& space, std::span<const double> u) {
    Point point;
    auto after = point.end();  // where the next name is likely to belong
    for (std::size_t i = 0; i < u.size(); ++i) {
        const Parameter& parameter = space.parameters()[i];
        after = std::next(point.insert_or_assign(after, parameter.name, value_at(parameter, u[i])));
    }
    return space.settled(std::move(point));
}

std::vector<double> unit_of(const Space& space, const Point& point) {
    const std::vector<bool> active = space.active(point);
    std::vector<double> u;
    for (const Parameter& parameter : space.parameters())
        u.push_back(active[u.size()] ? unit_of(parameter, point.at(parameter.name)) : 0.5);
    return u;
}

Point first_feasible(const Space& space, const std::function<Point()>& draw) {
    constexpr int attempts = 100'000;
    for (int i = 0; i < attempts; ++i)
        if (Point point = draw(); space.feasible(point)) return point;
    std::vector<std::string> constraints;
    for (const Constraint& one : space.constraints())
        constraints.push_back(fmt::format(
            "{} {} {}", one.left,
            one.relation == Constraint::Relation::divides ? "divides" : "at_most", one.right));
    throw InputError(fmt::format(
        "no point of the space, or hardly one, satisfies its constraints; expected other ranges or "
        "choices, so that {}",
        fmt::join(constraints, " and ")));
}

}  // namespace manygpcm::search
