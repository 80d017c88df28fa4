// The published search space as a table, and what a point of a space means for a model.
#include "manygpcm/search/space.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <utility>

namespace manygpcm::search {
namespace {

// Who searches a parameter: both model families, or only the models with attention, whose published
// sweep also searched the weights of the loss.
enum class Family { all, attention };

struct Row {
    Family family;
    Parameter parameter;
};

Parameter choice(std::string name, std::vector<double> choices) {
    return {.name = std::move(name),
            .kind = Parameter::Kind::choice,
            .low = choices.front(),
            .high = choices.back(),
            .choices = choices};
}

Parameter real(std::string name, double low, double high, bool log = false) {
    return {.name = std::move(name),
            .kind = Parameter::Kind::real,
            .low = low,
            .high = high,
            .log = log,
            .choices = {}};
}

std::vector<Row> published_space() {
    return {
        {Family::all, choice("memory_size", {20, 50, 100})},
        {Family::all, choice("final_fc_dim", {50, 100})},
        {Family::all, choice("dropout_rate", {0.0, 0.1, 0.2})},
        {Family::attention, choice("embed_dim", {32, 64, 128})},
        {Family::attention, choice("n_heads", {2, 4, 8})},
        {Family::attention, choice("n_cycles", {1, 2, 3})},
        {Family::all, choice("key_dim", {32, 50, 64, 128})},
        {Family::all, choice("value_dim", {128, 200, 256, 512})},
        {Family::all, choice("batch_size", {32, 64, 128, 256})},
        {Family::all, real("lr", 1e-4, 1e-2, true)},
        {Family::all, real("weight_decay", 1e-6, 1e-3, true)},
        {Family::all, real("grad_clip", 0.5, 5)},
        {Family::attention, real("label_smoothing", 0, 0.2)},
        {Family::attention, real("ce_weight_logit", -2, 2)},
        {Family::attention, real("focal_weight_logit", -2, 2)},
    };
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

Space builtin_space(ModelKind model) {
    std::vector<Parameter> parameters;
    for (Row& row : published_space())
        if (row.family == Family::all || has_attention(model))
            parameters.push_back(std::move(row.parameter));
    return Space(std::move(parameters), {{"n_heads", Constraint::Relation::divides, "embed_dim"}});
}

std::string format_value(const Parameter& parameter, double value) {
    if (!parameter.ordered()) return parameter.labels.at(static_cast<std::size_t>(value));
    if (parameter.kind != Parameter::Kind::real) return fmt::format("{}", value);
    // As the published report has it, but with digits enough.
    return value != 0 && std::abs(value) < 1e-4 ? fmt::format("{:.4g}", value)
                                                : fmt::format("{:.6f}", value);
}

}  // namespace manygpcm::search
