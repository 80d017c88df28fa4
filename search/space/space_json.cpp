// Parameters, conditions and constraints by their fields' names.
#include "space/space_json.h"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace manygpcm::search {
namespace {

using nlohmann::json;
using Kind = Parameter::Kind;
using Relation = Constraint::Relation;

constexpr std::pair<Kind, std::string_view> kinds[] = {
    {Kind::real, "real"}, {Kind::integer, "integer"}, {Kind::choice, "choice"}};
constexpr std::pair<Relation, std::string_view> relations[] = {{Relation::divides, "divides"},
                                                               {Relation::at_most, "at_most"}};

template <class T, std::size_t n>
std::string_view name_of(T value, const std::pair<T, std::string_view> (&names)[n]) {
    return std::ranges::find(names, value, &std::pair<T, std::string_view>::first)->second;
}

template <class T, std::size_t n>
T named(const json& name, const std::pair<T, std::string_view> (&names)[n]) {
    const auto text = name.get<std::string>();
    const auto found = std::ranges::find(names, text, &std::pair<T, std::string_view>::second);
    if (found == std::end(names)) throw std::invalid_argument("'" + text + "': unknown");
    return found->first;
}

/// One alone as itself: studies of before there could be several have it so.
template <class T>
json one_or_list(const std::vector<T>& values) {
    return values.size() == 1 ? json(values.front()) : json(values);
}

template <class T>
std::vector<T> one_or_list(const json& from) {
    if (from.is_array()) return from.get<std::vector<T>>();
    return {from.get<T>()};
}

json to_json(const Requirement& requirement) {
    return {{"name", requirement.name}, {"values", requirement.values}};
}

Requirement requirement_from_json(const json& from) {
    return {from.at("name").get<std::string>(), from.at("values").get<std::vector<double>>()};
}

/// A single requirement has no lists around it, likewise.
json condition_to_json(const Condition& condition) {
    json result;
    if (condition.any_of.size() == 1 && condition.any_of.front().size() == 1) {
        result = to_json(condition.any_of.front().front());
    } else {
        result["any_of"] = json::array();
        for (const auto& all_of : condition.any_of) {
            json list = json::array();
            for (const Requirement& requirement : all_of)
                list.push_back(to_json(requirement));
            result["any_of"].push_back(list);
        }
    }
    result["otherwise"] = one_or_list(condition.otherwise);
    return result;
}

Condition condition_from_json(const json& from) {
    Condition condition;
    if (from.contains("any_of"))
        for (const auto& all_of : from.at("any_of")) {
            auto& list = condition.any_of.emplace_back();
            for (const auto& requirement : all_of)
                list.push_back(requirement_from_json(requirement));
        }
    else
        condition.any_of = {{requirement_from_json(from)}};
    condition.otherwise = one_or_list<double>(from.at("otherwise"));
    return condition;
}

json parameter_to_json(const Parameter& parameter) {
    json result = {{"name", parameter.name},     {"kind", name_of(parameter.kind, kinds)},
                   {"low", parameter.low},       {"high", parameter.high},
                   {"log", parameter.log},       {"choices", parameter.choices},
                   {"labels", parameter.labels}, {"condition", nullptr}};
    if (parameter.condition) result["condition"] = condition_to_json(*parameter.condition);
    return result;
}

Parameter parameter_from_json(const json& from) {
    Parameter parameter{.name = from.at("name").get<std::string>(),
                        .kind = named(from.at("kind"), kinds),
                        .low = from.at("low").get<double>(),
                        .high = from.at("high").get<double>(),
                        .log = from.at("log").get<bool>(),
                        .choices = from.at("choices").get<std::vector<double>>(),
                        .labels = from.at("labels").get<std::vector<std::string>>()};
    const bool words = !parameter.labels.empty();
    if (parameter.kind == Kind::choice && parameter.choices.empty())
        throw std::invalid_argument("'" + parameter.name + "': has no choices");
    if (words && parameter.labels.size() != parameter.choices.size())
        throw std::invalid_argument("'" + parameter.name + "': has not a label a choice");
    if (const auto& condition = from.at("condition"); !condition.is_null())
        parameter.condition = condition_from_json(condition);
    return parameter;
}

}  // namespace

json space_to_json(const Space& space) {
    json parameters = json::array(), constraints = json::array();
    for (const Parameter& parameter : space.parameters())
        parameters.push_back(parameter_to_json(parameter));
    for (const Constraint& constraint : space.constraints()) {
        constraints.push_back({{"left", constraint.left},
                               {"relation", name_of(constraint.relation, relations)},
                               {"right", constraint.right}});
        if (!constraint.models.empty()) constraints.back()["models"] = constraint.models;
    }
    const json fixed = space.fixed().empty() ? json::object() : one_or_list(space.fixed());
    return {{"parameters", parameters}, {"constraints", constraints}, {"fixed", fixed}};
}

Space space_from_json(const json& json) {
    std::vector<Parameter> parameters;
    for (const auto& parameter : json.at("parameters"))
        parameters.push_back(parameter_from_json(parameter));
    std::vector<Constraint> constraints;
    for (const auto& constraint : json.at("constraints"))
        constraints.push_back({constraint.at("left").get<std::string>(),
                               named(constraint.at("relation"), relations),
                               constraint.at("right").get<std::string>(),
                               constraint.value("models", std::vector<double>())});
    return Space(std::move(parameters), std::move(constraints),
                 one_or_list<Point>(json.at("fixed")));
}

}  // namespace manygpcm::search
