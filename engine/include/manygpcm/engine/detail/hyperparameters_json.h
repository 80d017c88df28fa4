// Hyperparameters as JSON, as files have them.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "manygpcm/engine/hyperparameters.h"

namespace manygpcm {

/// All values by name; choices as text.
nlohmann::json to_json(const Hyperparameters& h);

/// One of them as Hyperparameters::set takes it.
std::string value_text(const nlohmann::json& value);

/// Sets those that an object names. @throws InputError as Hyperparameters::set
void set_from_json(Hyperparameters& h, const nlohmann::json& values);

/// Names the hyperparameters that an object lacks, with the values that stood for them before they
/// existed.
void fill_in_missing(nlohmann::json& values);

}  // namespace manygpcm
