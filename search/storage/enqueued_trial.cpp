// Values are looked at one by one, then the point as a whole.
#include "storage/enqueued_trial.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>
#include <vector>

#include "manygpcm/search/unit_cube.h"
#include "storage/distribution.h"

namespace manygpcm::search {
namespace {

using nlohmann::json;

// Of a space that has such points at all, so many draws hardly miss all of them.
constexpr int most_attempts = 10'000;
// Of a space that has points at which all that is given is searched.
constexpr int most_attempts_to_use = 500;

bool contains(const Parameter& parameter, double value) {
    if (parameter.kind == Parameter::Kind::choice)
        return std::ranges::find(parameter.choices, value) != parameter.choices.end();
    const bool whole = parameter.kind != Parameter::Kind::integer || value == std::round(value);
    return whole && value >= parameter.low && value <= parameter.high;
}

std::string values_of(const Parameter& parameter) {
    if (!parameter.labels.empty()) return fmt::format("{}", fmt::join(parameter.labels, ", "));
    if (parameter.kind == Parameter::Kind::choice)
        return fmt::format("{}", fmt::join(parameter.choices, ", "));
    return fmt::format("{}{} to {}",
                       parameter.kind == Parameter::Kind::integer ? "a whole number from " : "",
                       parameter.low, parameter.high);
}

std::string names_of(const Space& space) {
    std::vector<std::string> names;
    for (const Parameter& parameter : space.parameters())
        names.push_back(parameter.name);
    return fmt::format("{}", fmt::join(names, ", "));
}

/// Whether every parameter that matters has a value of its own, and the constraints hold.
bool is_of(const Space& space, const Point& point) {
    return space.feasible(point) &&
           std::ranges::all_of(space.searched_at(point), [&](const Parameter* parameter) {
               return contains(*parameter, point.at(parameter->name));
           });
}

}  // namespace

EnqueuedPoint enqueued_point(const Space& space, const json& given, const Point& proposed,
                             RandomStream random) {
    Point fixed;
    for (const auto& [name, external] : given.items()) {
        const auto parameter = std::ranges::find(space.parameters(), name, &Parameter::name);
        if (parameter == space.parameters().end())
            return {.refusal =
                        fmt::format("{} isn't searched; expected of {}", name, names_of(space))};
        const auto value = value_from_external(*parameter, external);
        if (!value || !contains(*parameter, *value))
            return {.refusal =
                        fmt::format("{} {}; expected {}", name,
                                    external.dump(-1, ' ', true, json::error_handler_t::replace),
                                    values_of(*parameter))};
        fixed[name] = *value;
    }
    // Where what is given is searched, for instance of a model that has it; else anywhere.
    const auto uses_all = [&](const Point& point) {
        return std::ranges::all_of(fixed, [&](const auto& given_value) {
            return space.active(space.find(given_value.first), point);
        });
    };
    std::optional<Point> anywhere;
    for (int draw = 0; draw < (anywhere ? most_attempts_to_use : most_attempts); ++draw) {
        Point point = proposed;
        for (const auto& [name, value] : fixed)
            point[name] = value;
        for (const Parameter& parameter : space.parameters()) {
            // As proposed; then with what had no value there, as it didn't matter; then all anew.
            const double u = draw > 0 ? random.uniform() : 0;
            const bool open = draw > 1 || !contains(parameter, point.at(parameter.name));
            if (draw > 0 && open && !fixed.contains(parameter.name))
                point[parameter.name] = value_at(parameter, u);
        }
        point = space.settled(std::move(point));
        if (!is_of(space, point)) continue;
        if (uses_all(point)) return {.point = std::move(point)};
        if (!anywhere) anywhere = std::move(point);
    }
    if (anywhere) return {.point = std::move(anywhere)};
    return {.refusal = "no point of the space that has its values satisfies the constraints"};
}

}  // namespace manygpcm::search
