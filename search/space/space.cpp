// The search spaces of models as parameters, and what a point of a space means for a model.
#include "manygpcm/search/space.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <utility>

#include "manygpcm/engine/detail/hyperparameters_json.h"
#include "manygpcm/engine/error.h"
#include "manygpcm/engine/models.h"

namespace manygpcm::search {
namespace {

/// Where the choice of words `where` ("name=word") of `ranges` has the word; elsewhere the
/// parameter has the model's default.
Condition condition_of(std::string_view where, const std::vector<SearchRange>& ranges,
                       double otherwise) {
    const std::size_t equals = where.find('=');
    const auto of = std::ranges::find(ranges, where.substr(0, equals), &SearchRange::name);
    const auto word = std::ranges::find(of->words, where.substr(equals + 1));
    return {std::string(of->name), {static_cast<double>(word - of->words.begin())}, otherwise};
}

Parameter parameter_of(const SearchRange& range) {
    Parameter parameter{
        .name = std::string(range.name), .kind = Parameter::Kind::choice, .choices = range.choices};
    for (const std::string_view word : range.words) {
        parameter.choices.push_back(static_cast<double>(parameter.labels.size()));
        parameter.labels.emplace_back(word);
    }
    if (parameter.choices.empty()) {
        parameter.kind = Parameter::Kind::real;
        parameter.low = range.low;
        parameter.high = range.high;
        parameter.log = range.log;
    } else {
        parameter.low = parameter.choices.front();
        parameter.high = parameter.choices.back();
    }
    return parameter;
}

Space space_of(const std::vector<SearchRange>& ranges, ModelKind model,
               const std::vector<Constraint>& constraints) {
    const nlohmann::json defaults = to_json(default_hyperparameters(model));
    std::vector<Parameter> parameters;
    for (const SearchRange& range : ranges) {
        parameters.push_back(parameter_of(range));
        if (!range.where.empty())
            parameters.back().condition = condition_of(
                range.where, ranges, defaults.at(std::string(range.name)).get<double>());
    }
    return Space(std::move(parameters), constraints);
}

std::vector<Constraint> constraints_from(std::span<const Divides> all) {
    std::vector<Constraint> result;
    for (const Divides& constraint : all)
        result.push_back({std::string(constraint.divisor), Constraint::Relation::divides,
                          std::string(constraint.of)});
    return result;
}

bool holds(Constraint::Relation relation, double left, double right) {
    if (relation == Constraint::Relation::at_most) return left <= right;
    return std::fmod(right, left) == 0;
}

}  // namespace

Space::Space(std::vector<Parameter> parameters, std::vector<Constraint> constraints, Point fixed)
    : parameters_(std::move(parameters)),
      constraints_(std::move(constraints)),
      fixed_(std::move(fixed)) {}

const Parameter& Space::find(const std::string& name) const {
    for (const Parameter& parameter : parameters_)
        if (parameter.name == name) return parameter;
    throw std::out_of_range(fmt::format("the space has no parameter '{}'", name));
}

bool Space::active(const Parameter& parameter, const Point& point) const {
    if (!parameter.condition) return true;
    const std::vector<double>& values = parameter.condition->values;
    return std::ranges::find(values, point.at(parameter.condition->name)) != values.end();
}

Point Space::settled(Point point) const {
    for (const Parameter& parameter : parameters_)
        if (!active(parameter, point)) point[parameter.name] = parameter.condition->otherwise;
    return point;
}

bool Space::feasible(const Point& point) const {
    const auto value_of = [&](const std::string& name) -> std::optional<double> {
        if (const auto searched = point.find(name); searched != point.end())
            return searched->second;
        if (const auto fixed = fixed_.find(name); fixed != fixed_.end()) return fixed->second;
        return std::nullopt;
    };
    return std::ranges::all_of(constraints_, [&](const Constraint& constraint) {
        const auto left = value_of(constraint.left), right = value_of(constraint.right);
        return !left || !right || holds(constraint.relation, *left, *right);
    });
}

Hyperparameters Space::apply(const Point& point, Hyperparameters base) const {
    for (const auto& [name, value] : point) {
        const auto parameter = std::ranges::find(parameters_, name, &Parameter::name);
        const bool word = parameter != parameters_.end() && !parameter->ordered();
        // The shortest text that reads back as the same double: nothing is lost on the way
        // through set().
        base.set(name, word ? format_value(*parameter, value) : fmt::format("{}", value));
    }
    base.validate();
    return base;
}

Space default_space(ModelKind model) {
    const std::vector<SearchRange> ranges = manygpcm::default_space(model);
    if (ranges.empty())
        throw InputError(fmt::format(
            "--model {}: expected one that has something to search; 'manygpcm train' fits it",
            to_string(model)));
    if (searches_published_space(model)) return search::published_space(model);
    return space_of(ranges, model, constraints_from(constraints(model)));
}

Space published_space(ModelKind model) {
    const std::vector<SearchRange> ranges = manygpcm::published_space(model);
    if (ranges.empty())
        throw InputError(
            fmt::format("--space published: no space of {} was published; expected a "
                        "file or no --space",
                        to_string(model)));
    return space_of(ranges, model, constraints_from(published_constraints(model)));
}

std::vector<Constraint> constraints_of(ModelKind model) {
    return constraints_from(constraints(model));
}

std::string format_value(const Parameter& parameter, double value) {
    if (!parameter.ordered()) return parameter.labels.at(static_cast<std::size_t>(value));
    if (parameter.kind != Parameter::Kind::real) return fmt::format("{}", value);
    // As the published report has it, but with digits enough.
    return value != 0 && std::abs(value) < 1e-4 ? fmt::format("{:.4g}", value)
                                                : fmt::format("{:.6f}", value);
}

}  // namespace manygpcm::search
