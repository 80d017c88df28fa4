// What the operations of a log add up to, by Optuna's rules: its studies and trials.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "manygpcm/search/study.h"
#include "storage/distribution.h"
#include "storage/study_log.h"

namespace manygpcm::search {

/// The operations of Optuna 3.1's journal storage.
enum class Operation {
    create_study,
    delete_study,
    set_study_user_attr,
    set_study_system_attr,
    create_trial,
    set_trial_param,
    set_trial_state_values,
    set_trial_intermediate_value,
    set_trial_user_attr,
    set_trial_system_attr
};

enum class Direction { not_set, minimize, maximize };

struct StoredParameter {
    Distribution distribution;
    nlohmann::json value;  ///< the external one
};

/// The lines that last set each attribute, for messages.
using AttributeLines = std::map<std::string, std::size_t>;

/// A trial's attribute. Its value is kept as JSON text, a fraction of the size: few are asked for.
struct Attribute {
    std::string json;
    std::size_t first_line = 0, line = 0;  ///< that set it first, and last
};

struct StoredTrial {
    int study = 0;
    int number = 0;  ///< within the study
    TrialState state = TrialState::running;
    std::optional<std::vector<double>> values;
    std::map<std::string, StoredParameter> parameters;
    /// By step, which Python doesn't bound.
    std::map<double, double> intermediate_values;
    std::map<std::string, Attribute> user_attrs, system_attrs;
    std::string started, completed;  ///< ISO 8601, local time; empty: not known

    bool finished() const { return state != TrialState::running && state != TrialState::waiting; }
};

struct StoredStudy {
    std::string name;
    std::vector<Direction> directions;
    nlohmann::json user_attrs = nlohmann::json::object();
    nlohmann::json system_attrs = nlohmann::json::object();
    AttributeLines attribute_lines;
    std::vector<int> trials;  ///< ids, by number
};

/// What a line did.
struct Change {
    std::optional<int> unknown_operation = {};  ///< nothing, for this is one of a newer Optuna
    std::optional<int> study = {}, trial = {};  ///< what it made or changed, by id
    std::string attribute = {};                 ///< the trial's attribute that it set
};

/// Optuna's JournalStorageReplayResult. Ids are given in the lines' order. What refers to no study
/// or trial, or to a finished trial, was a loser among workers and changes nothing.
class Replay {
  public:
    /// @throws std::invalid_argument or InputError for fields that don't fit the operation.
    Change apply(const StudyLog::Line& line);

    const std::map<int, StoredStudy>& studies() const { return studies_; }  ///< by id
    const std::vector<StoredTrial>& trials() const { return trials_; }      ///< by id
    /// The id of the study of that name; nothing if there is none.
    std::optional<int> find(const std::string& name) const;
    /// A trial's system attribute, which it hasn't any more.
    std::optional<Attribute> take_system_attribute(int trial, const std::string& name);
    int next_study() const { return next_study_; }  ///< the id of the next that is created

  private:
    Change apply(const nlohmann::json& record);
    void create_study(const nlohmann::json& record);
    void create_trial(const nlohmann::json& record);
    void set_parameter(const nlohmann::json& record);
    void set_state(const nlohmann::json& record);
    void set_attribute(StoredStudy* study, nlohmann::json StoredStudy::*attributes,
                       const nlohmann::json& record, const char* field) const;
    std::string set_attribute(StoredTrial* trial,
                              std::map<std::string, Attribute> StoredTrial::*attributes,
                              const nlohmann::json& record, const char* field) const;
    StoredParameter parameter(const std::string& distribution, double internal);
    StoredStudy* study_of(const nlohmann::json& record);            ///< null: none
    StoredTrial* updatable_trial_of(const nlohmann::json& record);  ///< null: none, or finished

    std::map<int, StoredStudy> studies_;
    std::vector<StoredTrial> trials_;
    /// By the text, which every trial repeats.
    std::unordered_map<std::string, Distribution> distributions_;
    int next_study_ = 0;
    std::size_t line_ = 0;  ///< of the record that is being applied
};

}  // namespace manygpcm::search
