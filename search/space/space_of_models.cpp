// Unites the spaces of models, parameter by parameter.
#include "manygpcm/search/space_of_models.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "manygpcm/engine/detail/hyperparameters_json.h"
#include "manygpcm/engine/error.h"
#include "manygpcm/engine/models.h"

namespace manygpcm::search {
namespace {

using Kind = Parameter::Kind;
using Alternatives = std::vector<std::vector<Requirement>>;

Parameter choice_of_models(std::span<const Hyperparameters> bases) {
    Parameter model{.name = model_parameter, .kind = Kind::choice, .choices = {}};
    for (const Hyperparameters& base : bases) {
        model.choices.push_back(static_cast<double>(model.labels.size()));
        model.labels.emplace_back(to_string(base.model));
    }
    model.high = model.choices.back();
    return model;
}

/// `to` with the values of both, and its name alone of what else there is.
void add_values(const Parameter& from, Parameter& to) {
    const bool choices = from.kind == Kind::choice && to.kind == Kind::choice;
    if (!choices && to.kind == Kind::choice) {  // a range holds its choices
        to.kind = from.kind;
        to.choices.clear();
    }
    if (!choices) {
        to.low = std::min(to.low, from.low);
        to.high = std::max(to.high, from.high);
        to.log = (to.log || from.log) && to.low > 0;
    } else if (!from.ordered()) {
        for (const std::string& label : from.labels)
            if (std::ranges::count(to.labels, label) == 0) {
                to.choices.push_back(static_cast<double>(to.labels.size()));
                to.labels.push_back(label);
            }
    } else {
        for (const double value : from.choices)
            if (std::ranges::count(to.choices, value) == 0) to.choices.push_back(value);
        std::ranges::sort(to.choices);
    }
    if (to.kind == Kind::choice) {
        to.low = to.choices.front();
        to.high = to.choices.back();
    }
}

/// Every parameter of the spaces, over all values that it has there and without a condition.
std::vector<Parameter> united(std::span<const Space> of_models) {
    std::vector<Parameter> parameters;
    for (const Space& space : of_models)
        for (const Parameter& parameter : space.parameters()) {
            const auto same = std::ranges::find(parameters, parameter.name, &Parameter::name);
            if (same == parameters.end())
                parameters.push_back(parameter);
            else
                add_values(parameter, *same);
        }
    for (Parameter& parameter : parameters)
        parameter.condition.reset();
    return parameters;
}

/// The choice of `to` that has the word of this one of `from`.
double translated(double value, const Parameter& from, const Parameter& to) {
    if (from.ordered()) return value;
    const std::string& label = from.labels.at(static_cast<std::size_t>(value));
    return static_cast<double>(std::ranges::find(to.labels, label) - to.labels.begin());
}

/// When the parameter is searched of one model: always by an alternative that requires nothing.
Alternatives alternatives_of(const Space& space, const std::string& name,
                             const std::vector<Parameter>& all) {
    if (!space.contains(name)) return {};
    const Parameter& own = space.find(name);
    if (!own.condition) return {{}};
    Alternatives any_of = own.condition->any_of;
    for (auto& all_of : any_of)
        for (Requirement& requirement : all_of)
            for (double& value : requirement.values)
                value = translated(value, space.find(requirement.name),
                                   *std::ranges::find(all, requirement.name, &Parameter::name));
    return any_of;
}

/// What the parameter is of a model where it isn't searched.
double otherwise_of(const Space& space, const Hyperparameters& base, const Parameter& parameter) {
    if (space.contains(parameter.name)) {
        const Parameter& own = space.find(parameter.name);
        if (own.condition) return translated(own.condition->otherwise.front(), own, parameter);
    }
    if (const auto value = value_in(base, parameter)) return *value;
    if (!uses(base.model, parameter.name)) return 0;
    throw InputError(fmt::format(
        "{}: of {}, which isn't searched over it, it is {}; expected that among its choices",
        parameter.name, to_string(base.model), value_text(to_json(base).at(parameter.name))));
}

/// Models that search a parameter alike share their alternatives.
std::optional<Condition> united_condition(std::span<const Hyperparameters> bases,
                                          std::span<const Space> of_models,
                                          const Parameter& parameter,
                                          const std::vector<Parameter>& all) {
    Condition condition;
    std::vector<std::pair<std::vector<Requirement>, std::vector<double>>> models_of;
    for (std::size_t model = 0; model < of_models.size(); ++model) {
        for (auto& all_of : alternatives_of(of_models[model], parameter.name, all)) {
            const auto same = std::ranges::find(
                models_of, all_of, [](const auto& one) -> const auto& { return one.first; });
            auto& models =
                same == models_of.end()
                    ? models_of.emplace_back(std::move(all_of), std::vector<double>()).second
                    : same->second;
            models.push_back(static_cast<double>(model));
        }
        condition.otherwise.push_back(otherwise_of(of_models[model], bases[model], parameter));
    }
    for (auto& [all_of, models] : models_of) {
        if (models.size() < of_models.size())
            all_of.insert(all_of.begin(), Requirement{model_parameter, models});
        if (all_of.empty()) return std::nullopt;
        condition.any_of.push_back(std::move(all_of));
    }
    return condition;
}

std::vector<Constraint> united_constraints(std::span<const Space> of_models) {
    std::vector<Constraint> constraints;
    for (std::size_t model = 0; model < of_models.size(); ++model)
        for (const Constraint& constraint : of_models[model].constraints()) {
            const auto same = std::ranges::find_if(constraints, [&](const Constraint& one) {
                return one.left == constraint.left && one.relation == constraint.relation &&
                       one.right == constraint.right;
            });
            Constraint& found =
                same == constraints.end() ? constraints.emplace_back(constraint) : *same;
            const auto number = static_cast<double>(model);
            if (same == constraints.end()) found.models.clear();
            if (std::ranges::count(found.models, number) == 0) found.models.push_back(number);
        }
    for (Constraint& constraint : constraints)
        if (constraint.models.size() == of_models.size()) constraint.models.clear();
    return constraints;
}

}  // namespace

SpaceOfModels space_of_models(std::vector<Hyperparameters> bases,
                              std::span<const Space> of_models) {
    std::vector<Parameter> parameters = united(of_models);
    const std::vector<Parameter> all = parameters;
    for (Parameter& parameter : parameters)
        parameter.condition = united_condition(bases, of_models, parameter, all);
    parameters.insert(parameters.begin(), choice_of_models(bases));
    std::vector<Point> fixed;
    for (std::size_t model = 0; model < of_models.size(); ++model)
        fixed.push_back(of_models[model].fixed().empty() ? Point() : of_models[model].fixed()[0]);
    return {std::move(bases),
            Space(std::move(parameters), united_constraints(of_models), std::move(fixed))};
}

SpaceOfModels auto_space(const BaseOf& base_of) {
    std::vector<Hyperparameters> bases;
    std::vector<Space> spaces;
    for (const ModelKind model : auto_models()) {
        bases.push_back(base_of(model));
        spaces.push_back(manygpcm::default_space(model).empty() ? Space()
                                                                : search::default_space(model));
    }
    return space_of_models(std::move(bases), spaces);
}

}  // namespace manygpcm::search
