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

/// The attribute that says how a study is written, and what this program writes. Studies from
/// before there was the attribute are of format 1: they know no objective but QWK, and intervals by
/// the order of the metrics alone.
inline constexpr const char* format_attribute = "format";
inline constexpr int newest_format = 3;

/// @throws BadAttribute
int format_of(const nlohmann::json& attributes);

/// An attribute of what a study was started with.
struct Asked {
    std::string name;
    std::string option;  ///< of the program, that says it; empty: it follows from the data
    nlohmann::json value;
};

/// What a study was started with, in the order written. A study with others is another.
std::vector<Asked> settings_of(const Study& study);

/// The attributes and, where they are of an earlier format, the settings and hyperparameters that
/// it didn't have, with the values that stood for them.
nlohmann::json with_missing_settings(const nlohmann::json& attributes);

/// What else is known of it: the format, jobs and the program before the search, results after it.
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

/// What a trial's folds so far add up to, for whoever reads with Optuna.
std::vector<std::pair<std::string, nlohmann::json>> summary_of(const Trial& trial);

}  // namespace manygpcm::search
