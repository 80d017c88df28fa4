// A study that Optuna wrote, as one of ours: what its distributions and values say.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>

#include "journal_replay.h"
#include "python_json.h"
#include "replayed_journal.h"

namespace manygpcm {
namespace {

using nlohmann::json;
using Stored = std::vector<const StoredTrial*>;

/// A choice as Python prints it.
std::string label_of(const json& choice) {
    if (choice.is_string()) return choice.get<std::string>();
    if (choice.is_null()) return "None";
    if (choice.is_boolean()) return choice.get<bool>() ? "True" : "False";
    return choice.dump();
}

/// Optuna's categorical distribution: numbers in order if they all are, else words.
Parameter choice_parameter(const std::string& name, const std::vector<json>& choices) {
    Parameter parameter{.name = name, .kind = Parameter::Kind::choice, .choices = {}};
    if (std::ranges::all_of(choices, [](const json& choice) { return choice.is_number(); })) {
        std::set<double> values;
        for (const json& choice : choices)
            values.insert(choice.get<double>());
        parameter.choices.assign(values.begin(), values.end());
    } else {
        for (const json& choice : choices) {
            parameter.choices.push_back(static_cast<double>(parameter.labels.size()));
            parameter.labels.push_back(label_of(choice));
        }
    }
    parameter.low = parameter.choices.front();
    parameter.high = parameter.choices.back();
    return parameter;
}

/// The names that every trial of `trials` has: the only ones by which all of them can be compared
/// (Optuna's intersection search space).
std::set<std::string> common_names(const Stored& trials) {
    std::map<std::string, std::size_t> counts;
    for (const StoredTrial* trial : trials)
        for (const auto& [name, parameter] : trial->parameters)
            ++counts[name];
    std::set<std::string> names;
    for (const auto& [name, count] : counts)
        if (count == trials.size()) names.insert(name);
    return names;
}

/// One parameter with the widest bounds that trials had.
Parameter parameter_of(const std::string& name, const Stored& trials) {
    const Distribution& first = trials.front()->parameters.at(name).distribution;
    if (first.kind == Distribution::Kind::categorical) return choice_parameter(name, first.choices);
    Parameter parameter{.name = name,
                        .kind = first.kind == Distribution::Kind::integer ? Parameter::Kind::integer
                                                                          : Parameter::Kind::real,
                        .low = first.low,
                        .high = first.high,
                        .log = first.log,
                        .choices = {}};
    for (const StoredTrial* trial : trials) {
        const Distribution& other = trial->parameters.at(name).distribution;
        parameter.low = std::min(parameter.low, other.low);
        parameter.high = std::max(parameter.high, other.high);
    }
    return parameter;
}

/// Nothing where the trial lacks a parameter or has a value of another kind.
std::optional<Point> point_of(const StoredTrial& trial, const Space& space) {
    Point point;
    for (const Parameter& parameter : space.parameters()) {
        const auto stored = trial.parameters.find(parameter.name);
        if (stored == trial.parameters.end()) return std::nullopt;
        const json& external = stored->second.value;
        const auto value = value_from_external(
            parameter, parameter.ordered() ? external : json(label_of(external)));
        if (!value) return std::nullopt;
        point[parameter.name] = *value;
    }
    return point;
}

/// The trial's one fold: its intermediate values, of which the last is the trial's value.
std::vector<EpochResult> epochs_of(const StoredTrial& trial, bool minimize) {
    const auto score_of = [&](double value) { return minimize ? 0 - value : value; };
    std::vector<double> scores;
    for (const auto& [step, value] : trial.intermediate_values)
        scores.push_back(score_of(value));
    if (trial.values && !trial.values->empty()) {
        if (scores.empty()) scores.emplace_back();
        scores.back() = score_of(trial.values->front());
    }
    std::vector<EpochResult> epochs;
    for (const double score : scores) {
        EpochResult& epoch = epochs.emplace_back();
        epoch.epoch = static_cast<int>(epochs.size());
        epoch.validation.qwk = score;
    }
    const auto started = seconds_of(trial.started), completed = seconds_of(trial.completed);
    if (!epochs.empty() && started && completed) epochs.back().seconds = *completed - *started;
    return epochs;
}

/// What the study's value is called.
std::string metric_of(const StoredStudy& stored) {
    const auto names = stored.system_attrs.find(metric_names_attribute);
    const bool named = names != stored.system_attrs.end() && names->is_array() &&
                       names->size() == 1 && names->front().is_string();
    return named ? names->front().get<std::string>() : "value";
}

}  // namespace

std::optional<double> seconds_of(const std::string& time) {
    using namespace std::chrono;
    int y = 0, hour = 0, minute = 0;
    unsigned m = 0, d = 0;
    double second = 0;
    if (std::sscanf(time.c_str(), "%d-%u-%uT%d:%d:%lf", &y, &m, &d, &hour, &minute, &second) != 6)
        return std::nullopt;
    const year_month_day date{year(y), month(m), day(d)};
    if (!date.ok()) return std::nullopt;
    const auto days = sys_days(date).time_since_epoch();
    return static_cast<double>(seconds(days).count() + 3600 * hour + 60 * minute) + second;
}

Study foreign_study(const ReplayedJournal& replayed, const StoredStudy& stored,
                    const Notice& notice) {
    if (stored.directions.size() != 1)
        throw replayed.error(
            stored.name, fmt::format("has {} objectives; expected one", stored.directions.size()));
    const bool minimize = stored.directions.front() != Direction::maximize;
    Study study;
    study.foreign = true;
    study.dataset = stored.name;
    study.objective = (minimize ? "-" : "") + metric_of(stored);
    study.sampler = "not recorded";
    study.scheduler = "not recorded";
    study.n_folds = 1;

    Stored all, complete;
    for (const int id : stored.trials) {
        const StoredTrial& trial = replayed.replay.trials().at(static_cast<std::size_t>(id));
        all.push_back(&trial);
        if (trial.state == TrialState::complete) complete.push_back(&trial);
    }
    if (complete.empty()) throw replayed.error(stored.name, "has no complete trial to report on");
    std::vector<Parameter> parameters;
    for (const std::string& name : common_names(complete)) {
        Stored with;
        for (const StoredTrial* trial : all)
            if (trial->parameters.contains(name)) with.push_back(trial);
        parameters.push_back(parameter_of(name, with));
    }
    study.space = Space(std::move(parameters));

    std::set<std::string> left_out;
    for (const StoredTrial* trial : all) {
        for (const auto& [name, parameter] : trial->parameters) {
            const auto& searched = study.space.parameters();
            if (std::ranges::find(searched, name, &Parameter::name) == searched.end())
                left_out.insert(name);
        }
        auto point = point_of(*trial, study.space);
        if (!point) continue;
        auto epochs = epochs_of(*trial, minimize);
        study.epochs = std::max(study.epochs, static_cast<int>(epochs.size()));
        study.trials.push_back({.number = trial->number,
                                .state = trial->state,
                                .point = std::move(*point),
                                .folds = {std::move(epochs)}});
    }
    if (notice && !left_out.empty())
        notice(fmt::format("{}: study '{}': left out, for some complete trials lack them: {}",
                           replayed.journal.file().string(), stored.name,
                           fmt::join(left_out, ", ")));
    if (notice && study.trials.size() < all.size())
        notice(fmt::format("{}: study '{}': {} of {} trials left out, for they lack parameters",
                           replayed.journal.file().string(), stored.name,
                           all.size() - study.trials.size(), all.size()));
    study.wall_seconds = wall_seconds(replayed, stored);
    return study;
}

}  // namespace manygpcm
