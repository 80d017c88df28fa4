// A search space in JSON, complete: what is read is what was written.
#pragma once

#include <nlohmann/json.hpp>

#include "manygpcm/search/space.h"

namespace manygpcm::search {

nlohmann::json space_to_json(const Space& space);

/// @throws nlohmann::json::exception or std::invalid_argument for what isn't such a space.
Space space_from_json(const nlohmann::json& json);

}  // namespace manygpcm::search
