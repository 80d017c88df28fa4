// Best parameters at a bound of the space: the best may lie outside it.
#include "figures/edges.h"

#include <fmt/format.h>

#include <cmath>

#include "manygpcm/engine/error.h"

namespace manygpcm::report {
namespace {

constexpr double margin = 0.01;  // of the range

// Where `value` lies between the bounds, 0 to 1; in the logarithm where the search was.
double position(const search::Parameter& parameter, double value) {
    const auto at = [&](double x) { return parameter.log ? std::log(x) : x / 2; };
    return (at(value) - at(parameter.low)) / (at(parameter.high) - at(parameter.low));
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

std::vector<Edge> edges(const search::Space& space, const search::Point& best) {
    std::vector<Edge> found;
    for (const search::Parameter& parameter : space.parameters()) {
        // Words have no order, and what isn't searched at the best point no bounds.
        if (!parameter.ordered() || !space.active(parameter, best)) continue;
        const auto found_value = best.find(parameter.name);
        if (found_value == best.end()) continue;
        const double value = found_value->second;
        bool lower = false, upper = false;
        if (parameter.kind == search::Parameter::Kind::choice) {
            lower = value == parameter.choices.front();
            upper = value == parameter.choices.back();
        } else {
            const double at = position(parameter, value);
            lower = at >= 0 && at <= margin;
            upper = at <= 1 && at >= 1 - margin;
        }
        if (lower != upper) found.push_back({parameter.name, value, upper});
    }
    return found;
}

double bound(const search::Parameter& parameter, bool upper) {
    if (parameter.kind == search::Parameter::Kind::choice)
        return upper ? parameter.choices.back() : parameter.choices.front();
    return upper ? parameter.high : parameter.low;
}

std::optional<double> beyond(const search::Parameter& parameter, bool upper) {
    const double from = bound(parameter, upper);
    const bool away_from_zero = upper == (from > 0);
    const double candidate = away_from_zero ? 2 * from : from / 2;
    if (candidate == from || !std::isfinite(candidate) || !accepted(parameter.name, candidate))
        return std::nullopt;
    return candidate;
}

}  // namespace manygpcm::report
