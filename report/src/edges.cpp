// Best parameters at a bound of the space: the best may lie outside it.
#include "edges.h"

#include <fmt/format.h>

#include <cmath>

#include "manygpcm/engine/error.h"

namespace manygpcm {
namespace {

constexpr double margin = 0.01;  // of the range

// Where `value` lies between the bounds, 0 to 1; in the logarithm where the search was.
double position(const Parameter& parameter, double value) {
    if (parameter.log)
        return std::log(value / parameter.low) / std::log(parameter.high / parameter.low);
    return (value - parameter.low) / (parameter.high - parameter.low);
}

bool accepted(const std::string& name, double value) {
    try {
        Hyperparameters().set(name, fmt::format("{}", value));
        return true;
    } catch (const InputError&) {
        return false;
    }
}

}  // namespace

std::vector<Edge> edges(const Space& space, const Point& best) {
    std::vector<Edge> found;
    for (const Parameter& parameter : space.parameters()) {
        // Words have no order, and what isn't searched at the best point no bounds.
        if (!parameter.ordered() || !space.active(parameter, best)) continue;
        const double value = best.at(parameter.name);
        bool lower = false, upper = false;
        if (parameter.kind == Parameter::Kind::choice) {
            lower = value == parameter.choices.front();
            upper = value == parameter.choices.back();
        } else {
            lower = position(parameter, value) <= margin;
            upper = position(parameter, value) >= 1 - margin;
        }
        if (lower != upper) found.push_back({parameter.name, value, upper});
    }
    return found;
}

double bound(const Parameter& parameter, bool upper) {
    if (parameter.kind == Parameter::Kind::choice)
        return upper ? parameter.choices.back() : parameter.choices.front();
    return upper ? parameter.high : parameter.low;
}

std::optional<double> beyond(const Parameter& parameter, bool upper) {
    const double from = bound(parameter, upper);
    const bool away_from_zero = upper == (from > 0);
    const double candidate = away_from_zero ? 2 * from : from / 2;
    if (candidate == from || !accepted(parameter.name, candidate)) return std::nullopt;
    return candidate;
}

}  // namespace manygpcm
