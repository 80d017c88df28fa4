// Metrics as JSON, as files have them.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "manygpcm/engine/metrics.h"

namespace manygpcm {

/// `n` and the scalar metrics, by name; null for what isn't finite.
nlohmann::json scalars_to_json(const Metrics& metrics);

/// The same with `confusion`, a list of rows (observed) of columns (predicted), and `categories`.
nlohmann::json to_json(const Metrics& metrics);

/// Its inverse: a metric that isn't there is missing, one that isn't known is passed over.
/// @throws std::invalid_argument, nlohmann::json::exception
Metrics metrics_from_json(const nlohmann::json& json);

}  // namespace manygpcm
