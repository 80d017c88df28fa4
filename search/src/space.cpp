// The published search space as a table, and what a point of a space means for a model.
#include "manygpcm/search/space.h"

#include <fmt/format.h>

#include <cmath>
#include <stdexcept>

namespace manygpcm {
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

}  // namespace

const Parameter& Space::find(const std::string& name) const {
    for (const Parameter& parameter : parameters_)
        if (parameter.name == name) return parameter;
    throw std::out_of_range(fmt::format("the space has no parameter '{}'", name));
}

bool Space::feasible(const Point& point) const {
    const auto heads = point.find("n_heads");
    const auto width = point.find("embed_dim");
    if (heads == point.end() || width == point.end()) return true;
    return std::fmod(width->second, heads->second) == 0;
}

Hyperparameters Space::apply(const Point& point, Hyperparameters base) const {
    // The shortest text that reads back as the same double: nothing is lost on the way through
    // set().
    for (const auto& [name, value] : point)
        base.set(name, fmt::format("{}", value));
    base.validate();
    return base;
}

Space builtin_space(ModelKind model) {
    std::vector<Parameter> parameters;
    for (Row& row : published_space())
        if (row.family == Family::all || has_attention(model))
            parameters.push_back(std::move(row.parameter));
    return Space(std::move(parameters));
}

std::string format_value(const Parameter& parameter, double value) {
    return parameter.kind == Parameter::Kind::real ? fmt::format("{:.6f}", value)
                                                   : fmt::format("{}", value);
}

}  // namespace manygpcm
