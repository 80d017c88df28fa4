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

json parameter_to_json(const Parameter& parameter) {
    json result = {{"name", parameter.name},     {"kind", name_of(parameter.kind, kinds)},
                   {"low", parameter.low},       {"high", parameter.high},
                   {"log", parameter.log},       {"choices", parameter.choices},
                   {"labels", parameter.labels}, {"condition", nullptr}};
    if (const auto& condition = parameter.condition)
        result["condition"] = {{"name", condition->name},
                               {"values", condition->values},
                               {"otherwise", condition->otherwise}};
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
        parameter.condition = Condition{condition.at("name").get<std::string>(),
                                        condition.at("values").get<std::vector<double>>(),
                                        condition.at("otherwise").get<double>()};
    return parameter;
}

}  // namespace

json space_to_json(const Space& space) {
    json parameters = json::array(), constraints = json::array();
    for (const Parameter& parameter : space.parameters())
        parameters.push_back(parameter_to_json(parameter));
    for (const Constraint& constraint : space.constraints())
        constraints.push_back({{"left", constraint.left},
                               {"relation", name_of(constraint.relation, relations)},
                               {"right", constraint.right}});
    return {{"parameters", parameters}, {"constraints", constraints}, {"fixed", space.fixed()}};
}

Space space_from_json(const json& json) {
    std::vector<Parameter> parameters;
    for (const auto& parameter : json.at("parameters"))
        parameters.push_back(parameter_from_json(parameter));
    std::vector<Constraint> constraints;
    for (const auto& constraint : json.at("constraints"))
        constraints.push_back({constraint.at("left").get<std::string>(),
                               named(constraint.at("relation"), relations),
                               constraint.at("right").get<std::string>()});
    return Space(std::move(parameters), std::move(constraints), json.at("fixed").get<Point>());
}

}  // namespace manygpcm::search
