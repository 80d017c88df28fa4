// One operation after the other, as optuna/storages/_journal/storage.py applies them.
#include "storage/replay.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <ctime>
#include <optional>
#include <stdexcept>

#include "manygpcm/engine/detail/json_numbers.h"
#include "manygpcm/engine/detail/time_text.h"
#include "manygpcm/engine/error.h"

namespace manygpcm::search {
namespace {

using nlohmann::json;

constexpr int last_operation = static_cast<int>(Operation::set_trial_system_attr);
constexpr int last_state = static_cast<int>(TrialState::waiting);
constexpr int last_direction = static_cast<int>(Direction::maximize);

std::invalid_argument bad_field(const char* name, const json& record, const char* expected) {
    constexpr auto replace = json::error_handler_t::replace;
    const auto field = record.find(name);
    return std::invalid_argument(fmt::format(
        "'{}': {}; expected {}", name,
        field == record.end() ? "is missing" : field->dump(-1, ' ', true, replace), expected));
}

int integer(const json& record, const char* name, int high) {
    const auto field = record.find(name);
    if (field == record.end() || !field->is_number_integer() || *field < 0 || *field > high)
        throw bad_field(name, record, "a whole number that Optuna writes there");
    return field->get<int>();
}

/// The id of a study or trial; one beyond all ids for what can't be any.
int id(const json& record, const char* name) {
    constexpr int beyond = std::numeric_limits<int>::max();
    const auto field = record.find(name);
    if (field == record.end() || !field->is_number_integer() || *field < 0)
        throw bad_field(name, record, "a whole number that Optuna writes there");
    return *field < beyond ? field->get<int>() : beyond;
}

std::string text(const json& record, const char* name) {
    const auto field = record.find(name);
    if (field == record.end() || !field->is_string()) throw bad_field(name, record, "text");
    return field->get<std::string>();
}

/// Text or nothing.
std::string optional_text(const json& record, const char* name) {
    const auto field = record.find(name);
    if (field == record.end() || field->is_null()) return "";
    return text(record, name);
}

/// A time in ISO 8601 as Optuna wrote it up to 4.9, local and without an offset; since 5.0 it
/// writes that of UTC. What isn't a time with an offset stays as it is.
std::string local_time(const std::string& time) {
    const auto clock = time.find('T');
    const auto zone = clock == time.npos ? time.npos : time.find_first_of("+-Z", clock);
    const auto seconds = zone == time.npos ? std::nullopt : parse_time(time);
    if (!seconds) return time;
    const auto whole = static_cast<std::time_t>(std::floor(*seconds));
    std::tm local{};
    if (::localtime_r(&whole, &local) == nullptr) return time;
    const auto fraction = std::min(time.find('.', clock), zone);
    return fmt::format("{:%Y-%m-%dT%H:%M:%S}{}", local, time.substr(fraction, zone - fraction));
}

double number(const json& record, const char* name) {
    const auto field = record.find(name);
    const auto value = field == record.end() ? std::nullopt : number_from_json(*field);
    if (!value) throw bad_field(name, record, "a number");
    return *value;
}

double step(const json& record) {
    const auto field = record.find("step");
    if (field == record.end() || !field->is_number()) throw bad_field("step", record, "a number");
    return field->get<double>();
}

/// A step that is a key; nothing if it isn't a number.
std::optional<double> step_of_key(const std::string& key) {
    double step = 0;
    const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), step);
    if (error != std::errc() || end != key.data() + key.size()) return std::nullopt;
    return step;
}

/// An object; an empty one where there is none.
json object(const json& record, const char* name) {
    const auto field = record.find(name);
    if (field == record.end()) return json::object();
    if (!field->is_object()) throw bad_field(name, record, "an object");
    return *field;
}

std::optional<std::vector<double>> values_of(const json& record, const char* name) {
    const auto field = record.find(name);
    if (field == record.end() || field->is_null()) return std::nullopt;
    if (!field->is_array()) throw bad_field(name, record, "a list of numbers");
    std::vector<double> values;
    for (const json& value : *field) {
        const auto parsed = number_from_json(value);
        if (!parsed) throw bad_field(name, record, "a list of numbers");
        values.push_back(*parsed);
    }
    return values;
}

/// An object with one member.
json one_attribute(const json& record, const char* field) {
    json attribute = object(record, field);
    if (attribute.size() != 1) throw bad_field(field, record, "an object with one key");
    return attribute;
}

void set(Attribute& attribute, const json& value, std::size_t line) {
    attribute.json = value.dump(-1, ' ', false, json::error_handler_t::replace);
    attribute.line = line;
    if (attribute.first_line == 0) attribute.first_line = line;
}

}  // namespace

std::optional<int> Replay::find(const std::string& name) const {
    for (const auto& [id, study] : studies_)
        if (study.name == name) return id;
    return std::nullopt;
}

Change Replay::apply(const StudyLog::Line& line) {
    line_ = line.number;
    return apply(json(line.record));
}

Change Replay::apply(const json& record) {
    const auto code = record.find("op_code");
    if (code == record.end() || !code->is_number_integer() || *code < 0 || *code > 1'000'000)
        throw bad_field("op_code", record, "the number of an operation of Optuna's");
    if (*code > last_operation) return {code->get<int>(), {}, {}};
    const auto operation = static_cast<Operation>(code->get<int>());
    Change change;
    if (operation == Operation::create_study) {
        create_study(record);
        return change;
    }
    if (operation <= Operation::create_trial)
        change.study = id(record, "study_id");
    else
        change.trial = id(record, "trial_id");
    switch (operation) {
        case Operation::create_study:
            break;
        case Operation::delete_study:
            studies_.erase(*change.study);
            break;
        case Operation::set_study_user_attr:
            set_attribute(study_of(record), &StoredStudy::user_attrs, record, "user_attr");
            break;
        case Operation::set_study_system_attr:
            set_attribute(study_of(record), &StoredStudy::system_attrs, record, "system_attr");
            break;
        case Operation::create_trial:
            change.trial = static_cast<int>(trials_.size());
            create_trial(record);
            break;
        case Operation::set_trial_param:
            set_parameter(record);
            break;
        case Operation::set_trial_state_values:
            set_state(record);
            break;
        case Operation::set_trial_intermediate_value:
            if (auto* trial = updatable_trial_of(record))
                trial->intermediate_values[step(record)] = number(record, "intermediate_value");
            break;
        case Operation::set_trial_user_attr:
            change.attribute = set_attribute(updatable_trial_of(record), &StoredTrial::user_attrs,
                                             record, "user_attr");
            break;
        case Operation::set_trial_system_attr:
            change.attribute = set_attribute(updatable_trial_of(record), &StoredTrial::system_attrs,
                                             record, "system_attr");
            break;
    }
    return change;
}

void Replay::set_attribute(StoredStudy* study, json StoredStudy::*attributes, const json& record,
                           const char* field) const {
    if (study == nullptr) return;
    const json attribute = one_attribute(record, field);
    (study->*attributes).update(attribute);
    study->attribute_lines[attribute.begin().key()] = line_;
}

StoredParameter Replay::parameter(const std::string& distribution, double internal) {
    auto parsed = distributions_.find(distribution);
    if (parsed == distributions_.end())
        parsed = distributions_.emplace(distribution, parse_distribution(distribution)).first;
    return {.distribution = parsed->second, .value = parsed->second.external(internal)};
}

/// @returns its name
std::string Replay::set_attribute(StoredTrial* trial,
                                  std::map<std::string, Attribute> StoredTrial::*attributes,
                                  const json& record, const char* field) const {
    if (trial == nullptr) return "";
    const json attribute = one_attribute(record, field);
    set((trial->*attributes)[attribute.begin().key()], attribute.begin().value(), line_);
    return attribute.begin().key();
}

std::optional<Attribute> Replay::take_system_attribute(int trial, const std::string& name) {
    auto& attributes = trials_.at(static_cast<std::size_t>(trial)).system_attrs;
    auto taken = attributes.extract(name);
    if (taken.empty()) return std::nullopt;
    return std::move(taken.mapped());
}

StoredStudy* Replay::study_of(const json& record) {
    const auto study = studies_.find(id(record, "study_id"));
    return study == studies_.end() ? nullptr : &study->second;
}

StoredTrial* Replay::updatable_trial_of(const json& record) {
    const auto trial = static_cast<std::size_t>(id(record, "trial_id"));
    if (trial >= trials_.size() || trials_[trial].finished()) return nullptr;
    return &trials_[trial];
}

void Replay::create_study(const json& record) {
    StoredStudy study;
    study.name = text(record, "study_name");
    const auto directions = record.find("directions");
    if (directions == record.end() || !directions->is_array())
        throw bad_field("directions", record, "a list");
    for (const json& direction : *directions) {
        if (!direction.is_number_integer() || direction < 0 || direction > last_direction)
            throw bad_field("directions", record, "a list of 0, 1 (minimize) or 2 (maximize)");
        study.directions.push_back(static_cast<Direction>(direction.get<int>()));
    }
    if (!find(study.name)) studies_[next_study_++] = std::move(study);
}

void Replay::create_trial(const json& record) {
    StoredStudy* study = study_of(record);
    if (study == nullptr) return;
    StoredTrial trial;
    trial.study = id(record, "study_id");
    trial.number = static_cast<int>(study->trials.size());
    if (record.contains("state"))
        trial.state = static_cast<TrialState>(integer(record, "state", last_state));
    trial.values = values_of(record, "values");
    if (!trial.values && record.contains("value") && !record.at("value").is_null())
        trial.values = {number(record, "value")};
    const json distributions = object(record, "distributions");
    const json params = object(record, "params");
    for (const auto& [name, internal] : params.items()) {
        const auto value = number_from_json(internal);
        if (!value) throw bad_field("params", record, "an object of numbers");
        trial.parameters[name] = parameter(text(distributions, name.c_str()), *value);
    }
    for (const auto& [field, attributes] : {std::pair("user_attrs", &trial.user_attrs),
                                            std::pair("system_attrs", &trial.system_attrs)}) {
        const json given = object(record, field);
        for (const auto& [name, value] : given.items())
            set((*attributes)[name], value, line_);
    }
    const json intermediate_values = object(record, "intermediate_values");
    for (const auto& [step, value] : intermediate_values.items()) {
        const auto score = number_from_json(value);
        const auto at = step_of_key(step);
        if (!score || !at)
            throw bad_field("intermediate_values", record, "an object of numbers by step");
        trial.intermediate_values[*at] = *score;
    }
    trial.started = local_time(optional_text(record, "datetime_start"));
    trial.completed = local_time(optional_text(record, "datetime_complete"));
    study->trials.push_back(static_cast<int>(trials_.size()));
    trials_.push_back(std::move(trial));
}

void Replay::set_parameter(const json& record) {
    StoredTrial* trial = updatable_trial_of(record);
    if (trial == nullptr) return;
    const std::string name = text(record, "param_name");
    StoredParameter set =
        parameter(text(record, "distribution"), number(record, "param_value_internal"));
    // The first trial with the parameter fixes what later ones may draw it from.
    const auto study = studies_.find(trial->study);
    if (study == studies_.end()) return;
    for (const int id : study->second.trials) {
        const auto& parameters = trials_[static_cast<std::size_t>(id)].parameters;
        const auto previous = parameters.find(name);
        if (previous == parameters.end()) continue;
        if (!previous->second.distribution.compatible(set.distribution)) return;
        break;
    }
    trial->parameters[name] = std::move(set);
}

void Replay::set_state(const json& record) {
    StoredTrial* trial = updatable_trial_of(record);
    if (trial == nullptr) return;
    const auto state = static_cast<TrialState>(integer(record, "state", last_state));
    if (state == TrialState::running && trial->state == TrialState::running) return;
    trial->state = state;
    if (state == TrialState::running) trial->started = local_time(text(record, "datetime_start"));
    if (trial->finished()) trial->completed = local_time(text(record, "datetime_complete"));
    if (auto values = values_of(record, "values")) trial->values = std::move(values);
}

}  // namespace manygpcm::search
