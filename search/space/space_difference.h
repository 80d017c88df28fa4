// What one search space has otherwise than another, in words.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace manygpcm::search {

/// Names the parameters and constraints in which two spaces differ, and nothing else of them.
/// @param before, now  space_to_json() of each
/// @throws nlohmann::json::exception where one isn't
std::string space_difference(const nlohmann::json& before, const nlohmann::json& now);

}  // namespace manygpcm::search
