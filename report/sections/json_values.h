// Values of the analysis that several sections write.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "figures/estimate.h"
#include "figures/parameter_correlations.h"
#include "manygpcm/search/study.h"

namespace manygpcm::report {

nlohmann::json finite_or_null(double value);

/// [low, high], or null.
nlohmann::json interval_json(const std::optional<Interval>& of);

nlohmann::json estimate_json(const Estimate& e);

nlohmann::json correlations_list(const std::vector<Correlation>& correlations);

/// A parameter's value: words by their labels.
nlohmann::json value_json(const search::Parameter& parameter, double value);

/// The values by name, null where a trial has none.
nlohmann::json point_json(const search::Space& space, const search::Point& point);

nlohmann::json predictor_json(const search::ScoredPredictor& scored);
nlohmann::json predictor_or_null(const std::optional<search::ScoredPredictor>& scored);

}  // namespace manygpcm::report
