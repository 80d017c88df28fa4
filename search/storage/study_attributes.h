// A study's and its trials' facts as attributes of Optuna's journal: docs/study_journal.md lists
// them.
#pragma once

#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "manygpcm/search/study.h"

namespace manygpcm::search {

/// What a study was started with, by attribute, in the order written. A study with others is
/// another.
std::vector<std::pair<std::string, nlohmann::json>> settings_of(const Study& study);

/// What else is known of it: jobs and the program before the search, results after it.
std::vector<std::pair<std::string, nlohmann::json>> circumstances_of(const Study& study);
std::vector<std::pair<std::string, nlohmann::json>> results_of(const Study& study);

/// An attribute that is missing or isn't as ours are; says which, why, and what was expected.
struct BadAttribute : std::invalid_argument {
    BadAttribute(std::string name, const std::string& why);
    std::string attribute;  ///< its name
};

/// A study without trials from its user attributes. @throws BadAttribute
Study study_from_attributes(const nlohmann::json& attributes);

/// Whether the attributes are those of a study of ours.
bool has_settings(const nlohmann::json& attributes);

nlohmann::json epoch_to_json(const EpochResult& epoch);
/// @param number  the epoch's, 1-based
/// @throws std::invalid_argument saying what is wrong with it
EpochResult epoch_from_json(const nlohmann::json& json, int number);

/// What a trial's folds so far add up to, for whoever reads with Optuna.
std::vector<std::pair<std::string, nlohmann::json>> summary_of(const Trial& trial);

}  // namespace manygpcm::search
