// Psychometrics in JSON: items column by column, as there may be many.
#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>

#include "manygpcm/search/psychometrics.h"

namespace manygpcm::search {

nlohmann::json psychometrics_to_json(const Psychometrics& psychometrics);

/// @param n_items that the study has
/// @throws nlohmann::json::exception or std::invalid_argument for what isn't such a record.
Psychometrics psychometrics_from_json(const nlohmann::json& json, std::size_t n_items,
                                      int n_categories);

}  // namespace manygpcm::search
