// How results are written: metrics as a table and as JSON, text as a CSV field.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "manygpcm/engine/metrics.h"

namespace manygpcm::cli {

/// The scalar metrics, one a line: name, value.
std::string metrics_table(const Metrics& metrics);

/// The number of steps and the scalar metrics, by name.
nlohmann::json scalar_metrics_json(const Metrics& metrics);

/// The same with the confusion matrix [observed][predicted], scores of each category.
nlohmann::json metrics_json(const Metrics& metrics);

/// `text`, quoted if CSV (RFC 4180) asks for it.
std::string csv_field(std::string_view text);

/// A question as its data named it: its text id, or its number where ids are numbers.
std::string question_name(const std::vector<std::string>& question_ids, int question);

}  // namespace manygpcm::cli
