// Tables to operations.
#include "postgres/followed_study.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "storage/own_study.h"
#include "storage/python_json.h"
#include "storage/replay.h"

namespace manygpcm::search {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr int running = static_cast<int>(TrialState::running);
constexpr int waiting = static_cast<int>(TrialState::waiting);

// As Python's isoformat() has it.
constexpr const char* iso_time = "'YYYY-MM-DD\"T\"HH24:MI:SS.US'";

int state_of(std::string_view name) {
    const auto found = std::ranges::find(state_names, name);
    if (found == std::end(state_names))
        throw std::invalid_argument(fmt::format("a trial has the state '{}'", name));
    return static_cast<int>(found - state_names);
}

/// A column with JSON. @throws std::invalid_argument
StudyLog::Record json_at(const Rows& rows, int row, int column) {
    if (rows.is_null(row, column)) return nullptr;
    auto value = parse_python_json(rows.text(row, column), "a column of JSON");
    if (!value)
        throw std::invalid_argument(
            fmt::format("'{}' isn't JSON; expected what Optuna writes", rows.text(row, column)));
    return *std::move(value);
}

/// A float8 as JSON has it. @param type  the column of its type; negative: it has none
StudyLog::Record number_at(const Rows& rows, int row, int column, int type) {
    if (type >= 0) {
        const std::string_view kind = rows.text(row, type);
        if (kind == "INF_POS") return "Infinity";
        if (kind == "INF_NEG") return "-Infinity";
    }
    const std::string_view digits = rows.text(row, column);
    double value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error != std::errc() || end != digits.data() + digits.size()) return nullptr;
    return value;
}

std::string array_of(const std::set<long long>& ids) {
    return fmt::format("'{{{}}}'", fmt::join(ids, ","));
}

/// The rows of a table about trials of the study that are beyond the last one read.
std::string beyond(const char* table, const char* serial, const char* columns, long long study,
                   long long last) {
    return fmt::format(
        "SELECT c.{1}, c.trial_id, {2} FROM {0} c JOIN trials t ON t.trial_id = c.trial_id"
        " WHERE t.study_id = {3} AND c.{1} > {4} ORDER BY c.{1};",
        table, serial, columns, study, last);
}

}  // namespace

FollowedStudy::FollowedStudy(long long id, int log_id, int first_trial)
    : id_(id), log_id_(log_id), first_trial_(first_trial) {}

std::string FollowedStudy::query(bool with_workers) const {
    std::string query;
    std::vector<std::string> known;
    for (const auto& [row, version] : attributes_)
        known.push_back(fmt::format("{}:{}", row, version));
    const std::string known_rows = fmt::format("'{{{}}}'", fmt::join(known, ","));
    // A row's xmin changes whenever it is set.
    for (const char* kind : {"user", "system"})
        query += fmt::format(
            "{0} SELECT '{1}', '{1}' || study_{1}_attribute_id, xmin, key, value_json"
            " FROM study_{1}_attributes WHERE study_id = {2}"
            " AND '{1}' || study_{1}_attribute_id || ':' || xmin::text <> ALL({3})",
            query.empty() ? "" : " UNION ALL", kind, id_, known_rows);
    query += fmt::format(
        "; SELECT trial_id, state, to_char(datetime_start, {0}), to_char(datetime_complete, {0})"
        " FROM trials WHERE study_id = {1} AND (trial_id > {2}"
        " OR (trial_id = ANY({3}) AND state <> 'RUNNING')"
        " OR (trial_id = ANY({4}) AND state <> 'WAITING')) ORDER BY trial_id;",
        iso_time, id_, last_trial_, array_of(running_), array_of(waiting_));
    query += beyond("trial_params", "param_id", "param_name, param_value, distribution_json", id_,
                    last_parameter_);
    query += beyond("trial_user_attributes", "trial_user_attribute_id", "key, value_json", id_,
                    last_user_);
    query += beyond("trial_system_attributes", "trial_system_attribute_id", "key, value_json", id_,
                    last_system_);
    query += beyond("trial_intermediate_values", "trial_intermediate_value_id",
                    "step, intermediate_value, intermediate_value_type", id_, last_intermediate_);
    query +=
        beyond("trial_values", "trial_value_id", "objective, value, value_type", id_, last_value_);
    if (with_workers)
        query += fmt::format(
            "SELECT t.trial_id, a.trial_system_attribute_id, a.value_json, h.heartbeat::text"
            " FROM trials t JOIN trial_system_attributes a ON a.trial_id = t.trial_id"
            " AND a.key = {} LEFT JOIN trial_heartbeats h ON h.trial_id = t.trial_id"
            " WHERE t.study_id = {};",
            literal(worker_attribute), id_);
    return query;
}

void FollowedStudy::take(std::span<const Rows> rows, std::vector<StudyLog::Line>& lines) {
    std::vector<int> ended;
    const auto first_new = static_cast<int>(trials_.size());
    take_study_attributes(rows[0], lines);
    take_trials(rows[1], rows[2], lines, ended);
    take_parameters(rows[2], first_new, lines);
    take_attributes(rows[3], true, lines);
    take_attributes(rows[4], false, lines);
    take_intermediate_values(rows[5], lines);
    take_values(rows[6]);
    if (rows.size() > 7) take_workers(rows[7], lines);
    end_trials(ended, lines);  // last, as a trial that has ended doesn't change
}

int FollowedStudy::place_of(long long trial) const {
    const auto found = places_.find(trial);
    return found == places_.end() ? -1 : found->second;
}

StudyLog::Record FollowedStudy::trial_record(int operation, int place) const {
    return {{"op_code", operation}, {"trial_id", first_trial_ + place}};
}

void FollowedStudy::take_study_attributes(const Rows& rows, Lines& lines) {
    for (int row = 0; row < rows.size(); ++row) {
        const bool user = rows.text(row, 0) == "user";
        attributes_[std::string(rows.text(row, 1))] = rows.text(row, 2);
        StudyLog::Record record = {
            {"op_code", static_cast<int>(user ? Operation::set_study_user_attr
                                              : Operation::set_study_system_attr)},
            {"study_id", log_id_}};
        record[user ? "user_attr" : "system_attr"][std::string(rows.text(row, 3))] =
            json_at(rows, row, 4);
        lines.push_back({.number = 0, .record = std::move(record)});
    }
}

/// New trials with their parameters, and those that are begun; `ended` are the places of others.
void FollowedStudy::take_trials(const Rows& rows, const Rows& parameters, Lines& lines,
                                std::vector<int>& ended) {
    std::multimap<long long, int> rows_of;
    for (int row = 0; row < parameters.size(); ++row)
        rows_of.emplace(parameters.integer(row, 1), row);
    for (int row = 0; row < rows.size(); ++row) {
        const long long id = rows.integer(row, 0);
        const int state = state_of(rows.text(row, 1));
        const std::string started(rows.text(row, 2));
        int place = place_of(id);
        if (place < 0) {
            place = static_cast<int>(trials_.size());
            places_[id] = place;
            last_trial_ = std::max(last_trial_, id);
            StudyLog::Record record = {{"op_code", static_cast<int>(Operation::create_trial)},
                                       {"study_id", log_id_},
                                       {"datetime_start", started},
                                       {"state", state == waiting ? waiting : running},
                                       {"distributions", StudyLog::Record::object()},
                                       {"params", StudyLog::Record::object()}};
            const auto [begin, end] = rows_of.equal_range(id);
            for (auto found = begin; found != end; ++found) {
                const std::string name(parameters.text(found->second, 2));
                record["params"][name] = number_at(parameters, found->second, 3, -1);
                record["distributions"][name] = parameters.text(found->second, 4);
            }
            trials_.push_back({.id = id, .state = state, .worker = {}, .heartbeat = {}});
            lines.push_back({.number = 0, .record = std::move(record)});
        } else if (state == running) {
            StudyLog::Record record =
                trial_record(static_cast<int>(Operation::set_trial_state_values), place);
            record["state"] = running;
            record["datetime_start"] = started;
            lines.push_back({.number = 0, .record = std::move(record)});
        }
        trials_[static_cast<std::size_t>(place)].state = state;
        running_.erase(id);
        waiting_.erase(id);
        if (state == running) {
            running_.insert(id);
        } else if (state == waiting) {
            waiting_.insert(id);
        } else {
            endings_[id].completed = rows.text(row, 3);
            ended.push_back(place);
        }
    }
}

/// Of trials that were there before: those before the place `first_new`.
void FollowedStudy::take_parameters(const Rows& rows, int first_new, Lines& lines) {
    for (int row = 0; row < rows.size(); ++row) {
        last_parameter_ = rows.integer(row, 0);
        const int place = place_of(rows.integer(row, 1));
        if (place < 0 || place >= first_new) continue;
        StudyLog::Record record = trial_record(static_cast<int>(Operation::set_trial_param), place);
        record["param_name"] = rows.text(row, 2);
        record["param_value_internal"] = number_at(rows, row, 3, -1);
        record["distribution"] = rows.text(row, 4);
        lines.push_back({.number = 0, .record = std::move(record)});
    }
}

void FollowedStudy::take_attributes(const Rows& rows, bool user, Lines& lines) {
    const auto operation = user ? Operation::set_trial_user_attr : Operation::set_trial_system_attr;
    for (int row = 0; row < rows.size(); ++row) {
        const long long serial = rows.integer(row, 0);
        (user ? last_user_ : last_system_) = serial;
        const int place = place_of(rows.integer(row, 1));
        if (place < 0) continue;
        const std::string key(rows.text(row, 2));
        if (!user && key == worker_attribute)
            trials_[static_cast<std::size_t>(place)].worker = rows.text(row, 3);
        StudyLog::Record record = trial_record(static_cast<int>(operation), place);
        record[user ? "user_attr" : "system_attr"][key] = json_at(rows, row, 3);
        // In the order of these numbers trials are begun.
        lines.push_back({.number = static_cast<std::size_t>(serial), .record = std::move(record)});
    }
}

void FollowedStudy::take_intermediate_values(const Rows& rows, Lines& lines) {
    for (int row = 0; row < rows.size(); ++row) {
        last_intermediate_ = rows.integer(row, 0);
        const int place = place_of(rows.integer(row, 1));
        if (place < 0) continue;
        StudyLog::Record record =
            trial_record(static_cast<int>(Operation::set_trial_intermediate_value), place);
        record["step"] = rows.integer(row, 2);
        record["intermediate_value"] = number_at(rows, row, 3, 4);
        lines.push_back({.number = 0, .record = std::move(record)});
    }
}

void FollowedStudy::take_values(const Rows& rows) {
    for (int row = 0; row < rows.size(); ++row) {
        last_value_ = rows.integer(row, 0);
        endings_[rows.integer(row, 1)].values[rows.integer(row, 2)] = number_at(rows, row, 3, 4);
    }
}

/// What changed of the workers of trials, and whom one hears of.
void FollowedStudy::take_workers(const Rows& rows, Lines& lines) {
    const auto now = SteadyClock::now();
    for (int row = 0; row < rows.size(); ++row) {
        const int place = place_of(rows.integer(row, 0));
        if (place < 0) continue;
        TableTrial& trial = trials_[static_cast<std::size_t>(place)];
        if (rows.text(row, 2) != trial.worker) {
            trial.worker = rows.text(row, 2);
            StudyLog::Record record =
                trial_record(static_cast<int>(Operation::set_trial_system_attr), place);
            record["system_attr"][worker_attribute] = json_at(rows, row, 2);
            lines.push_back({.number = static_cast<std::size_t>(rows.integer(row, 1)),
                             .record = std::move(record)});
        }
        heard_.try_emplace(trial.worker, now);
        if (rows.text(row, 3) == trial.heartbeat) continue;
        trial.heartbeat = rows.text(row, 3);
        heard_[trial.worker] = now;
    }
}

void FollowedStudy::end_trials(const std::vector<int>& ended, Lines& lines) {
    for (const int place : ended) {
        const TableTrial& trial = trials_[static_cast<std::size_t>(place)];
        Ending& ending = endings_[trial.id];
        StudyLog::Record record =
            trial_record(static_cast<int>(Operation::set_trial_state_values), place);
        record["state"] = trial.state;
        record["datetime_complete"] = ending.completed;
        record["values"] = nullptr;
        for (auto& [objective, value] : ending.values)
            record["values"].push_back(std::move(value));
        lines.push_back({.number = 0, .record = std::move(record)});
        endings_.erase(trial.id);
    }
}

SteadyClock::duration FollowedStudy::silence(const TableTrial& trial) const {
    const auto heard = heard_.find(trial.worker);
    return heard == heard_.end() ? SteadyClock::duration{} : SteadyClock::now() - heard->second;
}

void FollowedStudy::listen_anew() {
    for (auto& [worker, heard] : heard_)
        heard = SteadyClock::now();
}

}  // namespace manygpcm::search
