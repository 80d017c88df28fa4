#include "space/space_difference.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <vector>

namespace manygpcm::search {
namespace {

using nlohmann::json;
using Texts = std::vector<std::string>;

/// The parameter of that name; null where there is none.
json parameter_of(const json& space, const json& name) {
    for (const json& parameter : space.at("parameters"))
        if (parameter.at("name") == name) return parameter;
    return nullptr;
}

/// "lr: low 0.1, before 0.01, and log true, before false"
std::string changes(const json& before, const json& now) {
    Texts fields;
    for (const auto& [field, value] : now.items())
        if (before.at(field) != value)
            fields.push_back(
                fmt::format("{} {}, before {}", field, value.dump(), before.at(field).dump()));
    return fmt::format("{}: {}", now.at("name").get<std::string>(), fmt::join(fields, ", and "));
}

std::string in_words(const json& constraint) {
    return fmt::format("'{} {} {}'", constraint.at("left").get<std::string>(),
                       constraint.at("relation").get<std::string>(),
                       constraint.at("right").get<std::string>());
}

/// What of `list` isn't in `other`.
Texts constraints_beyond(const json& list, const json& other) {
    Texts result;
    for (const json& constraint : list)
        if (std::ranges::find(other, constraint) == other.end())
            result.push_back(in_words(constraint));
    return result;
}

}  // namespace

std::string space_difference(const json& before, const json& now) {
    Texts parts, added, removed;
    for (const json& parameter : now.at("parameters")) {
        const json same = parameter_of(before, parameter.at("name"));
        if (same.is_null())
            added.push_back(parameter.at("name").get<std::string>());
        else if (same != parameter)
            parts.push_back(changes(same, parameter));
    }
    for (const json& parameter : before.at("parameters"))
        if (parameter_of(now, parameter.at("name")).is_null())
            removed.push_back(parameter.at("name").get<std::string>());
    const auto say = [&](const char* what, const Texts& names) {
        if (!names.empty()) parts.push_back(fmt::format("{} {}", what, fmt::join(names, ", ")));
    };
    say("searched now:", added);
    say("not searched any more:", removed);
    const json &old_constraints = before.at("constraints"), &constraints = now.at("constraints");
    say("constraints added:", constraints_beyond(constraints, old_constraints));
    say("constraints taken away:", constraints_beyond(old_constraints, constraints));
    if (parts.empty()) return "the order of its parameters, or what isn't searched";
    return fmt::format("{}", fmt::join(parts, "; "));
}

}  // namespace manygpcm::search
