// The winner's portrait in JSON, complete: what is read is what was written.
#pragma once

#include <nlohmann/json.hpp>

#include "manygpcm/search/portrait.h"

namespace manygpcm::search {

nlohmann::json portrait_to_json(const Portrait& portrait);

/// @throws nlohmann::json::exception or std::invalid_argument for what isn't such a portrait.
Portrait portrait_from_json(const nlohmann::json& json);

}  // namespace manygpcm::search
