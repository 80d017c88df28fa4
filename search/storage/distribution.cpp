// Optuna's distributions to and from JSON.
#include "storage/distribution.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "storage/python_json.h"

namespace manygpcm::search {
namespace {

using nlohmann::json;
using Kind = Distribution::Kind;

struct Class {
    std::string_view name;
    Kind kind;
    bool log = false;  ///< of the deprecated classes, whose names tell
};

constexpr Class classes[] = {{"FloatDistribution", Kind::real},
                             {"IntDistribution", Kind::integer},
                             {"CategoricalDistribution", Kind::categorical},
                             {"UniformDistribution", Kind::real},
                             {"LogUniformDistribution", Kind::real, true},
                             {"DiscreteUniformDistribution", Kind::real},
                             {"IntUniformDistribution", Kind::integer},
                             {"IntLogUniformDistribution", Kind::integer, true}};

// The abbreviated form's types.
constexpr std::pair<std::string_view, std::string_view> types[] = {
    {"float", "FloatDistribution"},
    {"int", "IntDistribution"},
    {"categorical", "CategoricalDistribution"}};

/// The class's name and the object with its attributes.
std::pair<std::string, json> class_and_attributes(const json& distribution) {
    if (distribution.contains("name"))
        return {distribution.at("name").get<std::string>(), distribution.at("attributes")};
    const auto type = distribution.at("type").get<std::string>();
    const auto found =
        std::ranges::find(types, type, &std::pair<std::string_view, std::string_view>::first);
    return {std::string(found == std::end(types) ? type : found->second), distribution};
}

bool whole(double value) {
    constexpr double exact =
        9007199254740992;  // 2^53: below, every whole double is a number of its own
    return value == std::floor(value) && std::abs(value) < exact;
}

/// Whole numbers without a decimal point, if all of them are.
std::vector<json> numbers(const std::vector<double>& values) {
    const bool integers = std::ranges::all_of(values, whole);
    std::vector<json> result;
    for (const double value : values)
        result.push_back(integers ? json(static_cast<std::int64_t>(value)) : json(value));
    return result;
}

/// @throws std::invalid_argument for a range that Optuna refuses.
void check_range(const Distribution& range, const std::string& text) {
    const auto expect = [&](bool met, std::string_view expected) {
        if (met) return;
        throw std::invalid_argument(fmt::format("distribution '{}': from {} to {}; expected {}",
                                                text, range.low, range.high, expected));
    };
    expect(std::isfinite(range.low) && std::isfinite(range.high), "finite bounds");
    expect(range.low <= range.high, "the lower bound first");
    expect(!range.log || range.low > 0, "bounds above 0, for it is one of the logarithm");
    expect(std::isfinite(range.step) && range.step >= 0, "a step above 0");
}

std::size_t index_of_choice(const Parameter& parameter, double value) {
    const auto found = std::ranges::find(parameter.choices, value);
    if (found == parameter.choices.end())
        throw std::out_of_range(fmt::format("{}={}: none of its choices", parameter.name, value));
    return static_cast<std::size_t>(found - parameter.choices.begin());
}

}  // namespace

bool Distribution::compatible(const Distribution& other) const {
    return name == other.name && log == other.log && choices == other.choices;
}

json Distribution::external(double internal) const {
    // What isn't whole, or wider than 64 bits, stays as it is.
    if (kind == Kind::integer && whole(internal)) return static_cast<std::int64_t>(internal);
    if (kind == Kind::integer) return internal;
    if (kind == Kind::real) return internal;
    if (!(internal >= 0 && internal < static_cast<double>(choices.size())))
        throw std::invalid_argument(
            fmt::format("choice {} of {}: no such choice", internal, choices.size()));
    return choices[static_cast<std::size_t>(internal)];
}

Distribution parse_distribution(const std::string& text) {
    const auto parsed = parse_python_json(text, "distribution");
    if (!parsed) throw std::invalid_argument(fmt::format("distribution '{}': isn't JSON", text));
    try {
        const auto [name, attributes] = class_and_attributes(json(*parsed));
        const auto known = std::ranges::find(classes, name, &Class::name);
        if (known == std::end(classes))
            throw std::invalid_argument(
                fmt::format("distribution '{}': unknown to Optuna 3.1", name));
        Distribution result{.name = name, .kind = known->kind, .log = known->log, .choices = {}};
        if (known->kind == Kind::categorical) {
            for (const json& choice : attributes.at("choices"))
                result.choices.push_back(choice);
            if (result.choices.empty())
                throw std::invalid_argument(
                    fmt::format("distribution '{}': no choices; expected one or more", text));
            return result;
        }
        result.low = attributes.at("low").get<double>();
        result.high = attributes.at("high").get<double>();
        if (attributes.contains("log")) result.log = attributes.at("log").get<bool>();
        for (const char* step : {"step", "q"})  // the latter of DiscreteUniformDistribution
            if (attributes.contains(step) && !attributes.at(step).is_null())
                result.step = attributes.at(step).get<double>();
        check_range(result, text);
        return result;
    } catch (const json::exception&) {
        throw std::invalid_argument(
            fmt::format("distribution '{}': isn't one that Optuna writes", text));
    }
}

std::string distribution_json(const Parameter& parameter) {
    nlohmann::ordered_json attributes;
    std::string_view name;
    switch (parameter.kind) {
        case Parameter::Kind::real:
            name = "FloatDistribution";
            attributes = {{"step", nullptr},
                          {"low", parameter.low},
                          {"high", parameter.high},
                          {"log", parameter.log}};
            break;
        case Parameter::Kind::integer:
            name = "IntDistribution";
            attributes = {{"log", parameter.log},
                          {"step", 1},
                          {"low", static_cast<std::int64_t>(parameter.low)},
                          {"high", static_cast<std::int64_t>(parameter.high)}};
            break;
        case Parameter::Kind::choice:
            name = "CategoricalDistribution";
            if (parameter.ordered())
                attributes["choices"] = numbers(parameter.choices);
            else
                attributes["choices"] = parameter.labels;
            break;
    }
    return nlohmann::ordered_json{{"name", name}, {"attributes", attributes}}.dump();
}

double internal_value(const Parameter& parameter, double value) {
    if (parameter.kind != Parameter::Kind::choice) return value;
    return static_cast<double>(index_of_choice(parameter, value));
}

std::optional<double> value_from_external(const Parameter& parameter, const json& external) {
    if (parameter.kind == Parameter::Kind::choice && !parameter.ordered()) {
        if (!external.is_string()) return std::nullopt;
        const auto found = std::ranges::find(parameter.labels, external.get<std::string>());
        if (found == parameter.labels.end()) return std::nullopt;
        return parameter.choices[static_cast<std::size_t>(found - parameter.labels.begin())];
    }
    if (!external.is_number()) return std::nullopt;
    const auto value = external.get<double>();
    if (parameter.kind == Parameter::Kind::choice &&
        std::ranges::find(parameter.choices, value) == parameter.choices.end())
        return std::nullopt;
    return value;
}

}  // namespace manygpcm::search
