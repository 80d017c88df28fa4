// What an epoch came to as JSON, as journals and checkpoints have it.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "manygpcm/engine/training.h"

namespace manygpcm {

/// All but the number of the epoch.
nlohmann::json epoch_to_json(const EpochResult& epoch);
/// @param number  the epoch's, 1-based
/// @throws std::invalid_argument saying what is wrong with it
EpochResult epoch_from_json(const nlohmann::json& json, int number);

}  // namespace manygpcm
