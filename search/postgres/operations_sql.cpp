// The tables as optuna/storages/_rdb/storage.py changes them.
#include "postgres/operations_sql.h"

#include <fmt/format.h>

#include <cmath>
#include <map>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "manygpcm/engine/detail/json_numbers.h"
#include "storage/own_study.h"
#include "storage/replay.h"

namespace manygpcm::search {
namespace {

using Json = StudyLog::Record;

// What was inserted last.
constexpr const char* new_study = "currval(pg_get_serial_sequence('studies', 'study_id'))";
constexpr const char* new_trial = "currval(pg_get_serial_sequence('trials', 'trial_id'))";

std::string json_literal(const Json& value) {
    constexpr bool ascii = true;  // as Python writes it
    return literal(value.dump(-1, ' ', ascii, Json::error_handler_t::replace));
}

std::string text_literal(const Json& value) {
    return literal(value.get_ref<const std::string&>());
}

/// A time or NULL.
std::string time_literal(const Json& record, const char* field) {
    const auto found = record.find(field);
    return found == record.end() || !found->is_string() ? "NULL" : text_literal(*found);
}

/// A number's value and its type: what isn't finite is in the type alone.
std::pair<std::string, const char*> number_literal(const Json& value) {
    const double number = number_from_json(value).value_or(NAN);
    if (std::isnan(number)) return {"NULL", "NAN"};
    if (std::isinf(number)) return {"NULL", number > 0 ? "INF_POS" : "INF_NEG"};
    return {fmt::format("{}", number), "FINITE"};
}

class Writer {
  public:
    Writer(const FollowedStudy* study, const std::string& name)
        : study_(study), name_(name), study_id_(study ? std::to_string(study->id()) : new_study) {}

    void add(const Json& record) {
        switch (static_cast<Operation>(record.at("op_code").get<int>())) {
            case Operation::create_study:
                return create_study(record);
            case Operation::set_study_user_attr:
                return set("study_user_attributes", record.at("user_attr"));
            case Operation::set_study_system_attr:
                return set("study_system_attributes", record.at("system_attr"));
            case Operation::create_trial:
                return create_trial(record);
            case Operation::set_trial_param:
                return set_parameter(changed(record), text_literal(record.at("param_name")),
                                     record.at("param_value_internal"),
                                     text_literal(record.at("distribution")));
            case Operation::set_trial_state_values:
                return set_state(record);
            case Operation::set_trial_intermediate_value:
                return set_intermediate_value(record);
            case Operation::set_trial_user_attr:
                return set("user", changed(record), record.at("user_attr"));
            case Operation::set_trial_system_attr:
                return set("system", changed(record), record.at("system_attr"));
            case Operation::delete_study:
                break;
        }
        throw std::logic_error("operation " + record.at("op_code").dump() + " isn't a sweep's");
    }

    OperationsSql finish() {
        for (const auto& [id, trial] : changed_) {
            sql_.guards += fmt::format(
                "SELECT 1 FROM trials t WHERE trial_id = {} AND state = '{}' AND coalesce((SELECT "
                "value_json FROM trial_system_attributes a WHERE a.trial_id = t.trial_id AND key = "
                "{}), '') = {} FOR NO KEY UPDATE;",
                id, state_names[trial->state], literal(worker_attribute), literal(trial->worker));
            ++sql_.n_guards;
        }
        return std::move(sql_);
    }

  private:
    /// The trial that the record changes.
    std::string changed(const Json& record) {
        const TableTrial& trial = study_->trial(record.at("trial_id").get<int>());
        changed_[trial.id] = &trial;
        return std::to_string(trial.id);
    }

    /// Of a study: whoever reads sees that the row has changed.
    void set(const char* table, const Json& attributes) {
        for (const auto& [key, value] : attributes.items())
            sql_.statements += fmt::format(
                "INSERT INTO {} (study_id, key, value_json) VALUES ({}, {}, {})"
                " ON CONFLICT (study_id, key) DO UPDATE SET value_json = EXCLUDED.value_json;",
                table, study_id_, literal(key), json_literal(value));
    }

    /// Of a trial. What is set again has a new serial number, by which it is read; but not a
    /// worker, for its number says when the trial was begun, and whoever looks for workers reads
    /// all of them. That a worker is set is its first heartbeat as well.
    void set(const char* kind, const std::string& trial, const Json& attributes) {
        for (const auto& [key, value] : attributes.items()) {
            const bool worker = key == worker_attribute;
            sql_.statements += fmt::format(
                "INSERT INTO trial_{0}_attributes (trial_id, key, value_json)"
                " VALUES ({1}, {2}, {3}) ON CONFLICT (trial_id, key) DO UPDATE SET"
                " value_json = EXCLUDED.value_json{4};",
                kind, trial, literal(key), json_literal(value),
                worker ? ""
                       : fmt::format(", trial_{0}_attribute_id = EXCLUDED.trial_{0}_attribute_id",
                                     kind));
            if (!worker) continue;
            sql_.sets_workers = true;
            sql_.statements += fmt::format(
                "INSERT INTO trial_heartbeats (trial_id, heartbeat) VALUES ({}, now())"
                " ON CONFLICT (trial_id) DO UPDATE SET heartbeat = EXCLUDED.heartbeat;",
                trial);
        }
    }

    void create_study(const Json& record) {
        sql_.statements +=
            fmt::format("INSERT INTO studies (study_name) VALUES ({});", literal(name_));
        int objective = 0;
        for (const Json& direction : record.at("directions"))
            sql_.statements += fmt::format(
                "INSERT INTO study_directions (direction, study_id, objective)"
                " VALUES ('{}', {}, {});",
                direction_names[direction.get<int>()], new_study, objective++);
    }

    void create_trial(const Json& record) {
        // Under the lock nobody else makes one.
        const auto number = study_->trials().size() + static_cast<std::size_t>(created_++);
        sql_.statements += fmt::format(
            "INSERT INTO trials (number, study_id, state, datetime_start) VALUES ({}, {}, '{}', "
            "{});",
            number, study_id_, state_names[record.at("state").get<int>()],
            time_literal(record, "datetime_start"));
        for (const auto& [name, value] : record.at("params").items())
            set_parameter(new_trial, literal(name), value,
                          text_literal(record.at("distributions").at(name)));
        set("user", new_trial, record.at("user_attrs"));
        set("system", new_trial, record.at("system_attrs"));
    }

    void set_parameter(const std::string& trial, const std::string& name, const Json& value,
                       const std::string& distribution) {
        sql_.statements += fmt::format(
            "INSERT INTO trial_params (trial_id, param_name, param_value, distribution_json)"
            " VALUES ({}, {}, {}, {}) ON CONFLICT (trial_id, param_name) DO UPDATE SET"
            " param_value = EXCLUDED.param_value, distribution_json = EXCLUDED.distribution_json;",
            trial, name, number_literal(value).first, distribution);
    }

    void set_state(const Json& record) {
        const std::string trial = changed(record);
        std::string times;
        for (const char* time : {"datetime_start", "datetime_complete"})
            if (record.contains(time))
                times += fmt::format(", {} = {}", time, time_literal(record, time));
        sql_.statements += fmt::format("UPDATE trials SET state = '{}'{} WHERE trial_id = {};",
                                       state_names[record.at("state").get<int>()], times, trial);
        int objective = 0;
        for (const Json& value : record.at("values")) {
            const auto [number, type] = number_literal(value);
            sql_.statements += fmt::format(
                "INSERT INTO trial_values (trial_id, objective, value, value_type)"
                " VALUES ({}, {}, {}, '{}') ON CONFLICT (trial_id, objective) DO UPDATE SET"
                " value = EXCLUDED.value, value_type = EXCLUDED.value_type;",
                trial, objective++, number, type);
        }
    }

    void set_intermediate_value(const Json& record) {
        const auto [number, type] = number_literal(record.at("intermediate_value"));
        sql_.statements += fmt::format(
            "INSERT INTO trial_intermediate_values"
            " (trial_id, step, intermediate_value, intermediate_value_type)"
            " VALUES ({}, {}, {}, '{}') ON CONFLICT (trial_id, step) DO UPDATE SET"
            " intermediate_value = EXCLUDED.intermediate_value,"
            " intermediate_value_type = EXCLUDED.intermediate_value_type;",
            changed(record), record.at("step").get<int>(), number, type);
    }

    const FollowedStudy* study_;
    const std::string& name_;
    std::string study_id_;
    int created_ = 0;
    std::map<long long, const TableTrial*> changed_;  ///< by trial_id, the order of locks
    OperationsSql sql_;
};

}  // namespace

OperationsSql operations_sql(std::span<const StudyLog::Record> records, const FollowedStudy* study,
                             const std::string& name) {
    Writer writer(study, name);
    for (const StudyLog::Record& record : records)
        writer.add(record);
    return writer.finish();
}

}  // namespace manygpcm::search
