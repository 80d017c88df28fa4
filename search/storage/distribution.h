// What a parameter is drawn from, in Optuna's words: the JSON of optuna.distributions.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "manygpcm/search/space.h"

namespace manygpcm::search {

/// One of Optuna's distributions. A value is kept as Optuna's internal one: the number itself, or
/// the index among the choices.
struct Distribution {
    enum class Kind { real, integer, categorical };
    std::string name;  ///< Optuna's class
    Kind kind = Kind::real;
    double low = 0, high = 0;
    bool log = false;
    double step = 0;  ///< between neighbouring numbers; 0: 1 of integers, none of reals
    std::vector<nlohmann::json> choices;

    /// Whether Optuna takes both for one parameter of a study: the same class, the same scale, the
    /// same choices; other bounds are fine (check_distribution_compatibility).
    bool compatible(const Distribution& other) const;

    /// What the internal value stands for: a number, or one of the choices.
    /// @throws std::invalid_argument for an index that no choice has.
    nlohmann::json external(double internal) const;
};

/// Reads what distribution_to_json writes, the classes that Optuna 3 deprecated and the abbreviated
/// form included: numbers are finite, a range isn't empty, that of a logarithm begins above 0.
/// @throws std::invalid_argument saying what is wrong.
Distribution parse_distribution(const std::string& text);

/// What distribution_to_json writes for the parameter: FloatDistribution, IntDistribution, or
/// CategoricalDistribution of numbers or words.
std::string distribution_json(const Parameter& parameter);

/// The internal value of a parameter's value.
double internal_value(const Parameter& parameter, double value);

/// The parameter's value, from what an external value says; nothing if it isn't one of the
/// parameter's.
std::optional<double> value_from_external(const Parameter& parameter,
                                          const nlohmann::json& external);

}  // namespace manygpcm::search
