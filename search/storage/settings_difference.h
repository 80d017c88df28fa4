// Why a command can't go on with a study: what was asked for otherwise, and what goes on.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "manygpcm/search/study.h"

namespace manygpcm::search {

/// What whoever can't go on with a study can do in any case.
inline constexpr const char* or_new_study = "or a new study (another --out or --study)";

/// The first setting that differs, with both values and the options that go on with the study:
/// "was begun with seed 42, not 43; expected --seed 42, or a new study (...)". Empty where none
/// does. Hyperparameters that are searched, and those that the model doesn't use, may differ.
/// @param on_record  with_missing_settings() of the study's attributes; those that are missing are
///   still to be written
/// @throws BadAttribute
std::string settings_difference(const Study& asked, const nlohmann::json& on_record);

}  // namespace manygpcm::search
