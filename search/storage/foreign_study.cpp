// A study that Optuna wrote, as one of ours: what its distributions and values say.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "manygpcm/engine/detail/time_text.h"
#include "storage/replay.h"
#include "storage/replayed_log.h"

namespace manygpcm::search {
namespace {

using nlohmann::json;
using Stored = std::vector<const StoredTrial*>;
using Kind = Distribution::Kind;

/// The square of a value beyond isn't a number any more, nor are variances.
constexpr double largest_value = 1e150;

/// A choice as Python prints it.
std::string label_of(const json& choice) {
    if (choice.is_string()) return choice.get<std::string>();
    if (choice.is_null()) return "None";
    if (choice.is_boolean()) return choice.get<bool>() ? "True" : "False";
    return choice.dump(-1, ' ', false, json::error_handler_t::replace);
}

/// What `choices` are called: by their labels, with texts in quotes where 1 and "1", or None and
/// "None", would look alike.
std::vector<std::string> labels_of(const std::vector<json>& choices) {
    std::set<std::string> different;
    for (const json& choice : choices)
        different.insert(label_of(choice));
    std::vector<std::string> labels;
    for (const json& choice : choices) {
        const std::string label = label_of(choice);
        const bool quoted = different.size() < choices.size() && choice.is_string();
        labels.push_back(quoted ? "'" + label + "'" : label);
    }
    return labels;
}

/// A searched parameter of the study, and what its values are as Optuna has them.
struct Searched {
    Parameter parameter;
    std::vector<json> choices;  ///< of a choice, as the labels are; else empty

    /// The value that our parameter has for Optuna's; nothing for one that was drawn from another
    /// kind of distribution, isn't finite, or has no logarithm though it is one of a logarithm.
    std::optional<double> value_of(const StoredParameter& stored) const {
        const bool choice = stored.distribution.kind == Kind::categorical;
        if (choice != (parameter.kind == Parameter::Kind::choice)) return std::nullopt;
        if (choice && !parameter.ordered()) {
            const auto found = std::ranges::find(choices, stored.value);
            if (found == choices.end()) return std::nullopt;
            return static_cast<double>(found - choices.begin());
        }
        if (!stored.value.is_number()) return std::nullopt;
        const auto value = stored.value.get<double>();
        if (!std::isfinite(value) || (parameter.log && value <= 0)) return std::nullopt;
        return value;
    }
};

using Distributions = std::vector<const Distribution*>;

/// Optuna's categorical distributions: all choices that occur, numbers in order if they all are,
/// else words.
Searched choice_parameter(const std::string& name, const Distributions& distributions) {
    Searched searched{.parameter = {.name = name, .kind = Parameter::Kind::choice, .choices = {}},
                      .choices = {}};
    const Distribution* last = nullptr;
    for (const Distribution* distribution : distributions) {
        if (last != nullptr && distribution->choices == last->choices) continue;
        last = distribution;
        for (const json& choice : distribution->choices)
            if (std::ranges::find(searched.choices, choice) == searched.choices.end())
                searched.choices.push_back(choice);
    }
    Parameter& parameter = searched.parameter;
    if (std::ranges::all_of(searched.choices, [](const json& one) { return one.is_number(); })) {
        std::ranges::sort(searched.choices);
        for (const json& choice : searched.choices)
            parameter.choices.push_back(choice.get<double>());
    } else {
        parameter.labels = labels_of(searched.choices);
        for (std::size_t i = 0; i < parameter.labels.size(); ++i)
            parameter.choices.push_back(static_cast<double>(i));
    }
    parameter.low = parameter.choices.front();
    parameter.high = parameter.choices.back();
    return searched;
}

/// Optuna's numeric distributions, with the widest bounds that occur. A step is kept where all have
/// it and begin on one grid, the logarithm where most have it.
Searched number_parameter(const std::string& name, const Distributions& distributions) {
    const Distribution& first = *distributions.front();
    Searched searched{.parameter = {.name = name,
                                    .kind = Parameter::Kind::integer,
                                    .low = first.low,
                                    .high = first.high,
                                    .step = first.step,
                                    .choices = {}},
                      .choices = {}};
    Parameter& parameter = searched.parameter;
    std::size_t logarithms = 0;
    for (const Distribution* one : distributions) {
        if (one->kind == Kind::real) parameter.kind = Parameter::Kind::real;
        parameter.low = std::min(parameter.low, one->low);
        parameter.high = std::max(parameter.high, one->high);
        logarithms += one->log;
    }
    for (const Distribution* one : distributions)
        if (one->step != first.step ||
            (one->step > 0 && std::remainder(one->low - first.low, one->step) != 0))
            parameter.step = 0;
    parameter.log = 2 * logarithms > distributions.size() && parameter.low > 0;
    return searched;
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

/// A parameter as most of `complete` had it: a choice or a number. Values of the other kind stay
/// apart, whatever they look like.
Searched searched_parameter(const std::string& name, const Stored& all, const Stored& complete) {
    std::size_t choices = 0;
    for (const StoredTrial* trial : complete)
        choices += trial->parameters.at(name).distribution.kind == Kind::categorical;
    const Kind first = complete.front()->parameters.at(name).distribution.kind;
    const bool choice =
        2 * choices == complete.size() ? first == Kind::categorical : 2 * choices > complete.size();
    Distributions distributions;
    for (const StoredTrial* trial : all) {
        const auto stored = trial->parameters.find(name);
        if (stored == trial->parameters.end()) continue;
        const Distribution& distribution = stored->second.distribution;
        if ((distribution.kind == Kind::categorical) == choice)
            distributions.push_back(&distribution);
    }
    return choice ? choice_parameter(name, distributions) : number_parameter(name, distributions);
}

/// What reading leaves out, with the numbers of the trials where it does.
class LeftOut {
  public:
    void add(const std::string& what, const StoredTrial& trial) {
        trials_[what].push_back(trial.number + 1);
    }

    /// "trials 3 and 5: x is no finite number".
    std::vector<std::string> sentences() const {
        constexpr std::size_t listed = 10;
        std::vector<std::string> all;
        for (const auto& [what, numbers] : trials_) {
            const std::size_t n = std::min(listed, numbers.size());
            std::string list = fmt::format(
                "{}",
                fmt::join(numbers.begin(), numbers.begin() + static_cast<std::ptrdiff_t>(n), ", "));
            if (numbers.size() > n) list += fmt::format(" and {} more", numbers.size() - n);
            all.push_back(
                fmt::format("trial{} {}: {}", numbers.size() == 1 ? "" : "s", list, what));
        }
        return all;
    }

  private:
    std::map<std::string, std::vector<int>> trials_;
};

/// Why a trial that has the parameter lacks a value of ours.
std::string why_not(const Searched& searched, const StoredParameter& stored) {
    const std::string& name = searched.parameter.name;
    const bool choice = stored.distribution.kind == Kind::categorical;
    if (choice != (searched.parameter.kind == Parameter::Kind::choice))
        return fmt::format("{} is a {} there, a {} elsewhere", name, choice ? "choice" : "number",
                           choice ? "number" : "choice");
    if (searched.parameter.log && std::isfinite(stored.value.get<double>()))
        return fmt::format("{} isn't above 0, where its logarithm was searched", name);
    return fmt::format("{} isn't a finite number", name);
}

bool within(const Parameter& parameter, double value) {
    return parameter.kind == Parameter::Kind::choice ||
           (value >= parameter.low && value <= parameter.high);
}

/// What the trial has of the study's parameters.
Point point_of(const StoredTrial& trial, const std::vector<Searched>& space, LeftOut& left_out) {
    Point point;
    for (const Searched& searched : space) {
        const std::string& name = searched.parameter.name;
        const auto stored = trial.parameters.find(name);
        if (stored == trial.parameters.end()) continue;
        const auto value = searched.value_of(stored->second);
        if (!value)
            left_out.add(why_not(searched, stored->second), trial);
        else if (!within(searched.parameter, *value))
            left_out.add(fmt::format("{} lies outside of its range", name), trial);
        if (value) point[name] = *value;
    }
    return point;
}

/// The values that the trial reported, in the order of their steps.
std::vector<EpochResult> reported_by(const StoredTrial& trial) {
    std::vector<EpochResult> reported;
    for (const auto& [step, value] : trial.intermediate_values) {
        EpochResult& epoch = reported.emplace_back();
        epoch.epoch = static_cast<int>(reported.size());
        epoch.validation[metric_table().front()] = value;
    }
    return reported;
}

/// What Optuna recorded as the trial's value: NaN for a complete trial where that is none to
/// compute with.
std::optional<double> value_of(const StoredTrial& trial, LeftOut& left_out) {
    const bool any = trial.values && !trial.values->empty();
    if (any && std::abs(trial.values->front()) <= largest_value) return trial.values->front();
    if (any)
        left_out.add(fmt::format("the value isn't a number of at most {:g}", largest_value), trial);
    if (trial.state != TrialState::complete && !any) return std::nullopt;
    if (!any) left_out.add("no value is on record", trial);
    return std::numeric_limits<double>::quiet_NaN();
}

// What the clock on the wall says; 0 where it isn't known.
double duration_of(const Trial& trial) {
    return trial.began && trial.ended ? std::max(0.0, *trial.ended - *trial.began) : 0;
}

/// What the study's value is called.
std::string metric_of(const StoredStudy& stored) {
    const auto names = stored.system_attrs.find(metric_names_attribute);
    const bool named = names != stored.system_attrs.end() && names->is_array() &&
                       names->size() == 1 && names->front().is_string();
    return named ? names->front().get<std::string>() : "value";
}

}  // namespace

Study foreign_study(const ReplayedLog& replayed, const StoredStudy& stored, const Notice& notice) {
    if (stored.directions.size() != 1)
        throw replayed.error(
            stored.name, fmt::format("has {} objectives; expected one", stored.directions.size()));
    Study study;
    study.foreign = true;
    study.minimize = stored.directions.front() != Direction::maximize;
    study.dataset = stored.name;
    study.objective = metric_of(stored);
    study.sampler = "not recorded";
    study.scheduler = "not recorded";
    study.n_folds = 1;
    study.epochs = 0;
    study.seed = 0;  // of the report's bootstrap

    Stored all, complete;
    for (const int id : stored.trials) {
        const StoredTrial& trial = replayed.replay.trials().at(static_cast<std::size_t>(id));
        all.push_back(&trial);
        if (trial.state == TrialState::complete) complete.push_back(&trial);
    }
    if (complete.empty()) throw replayed.error(stored.name, "has no complete trial to report on");
    const std::set<std::string> common = common_names(complete);
    std::vector<Searched> space;
    for (const std::string& name : common)
        space.push_back(searched_parameter(name, all, complete));

    std::set<std::string> not_common;
    LeftOut left_out;
    for (const StoredTrial* trial : all) {
        for (const auto& [name, parameter] : trial->parameters)
            if (!common.contains(name)) not_common.insert(name);
        Trial& read = study.trials.emplace_back();
        read.number = trial->number;
        read.state = trial->state;
        read.point = point_of(*trial, space, left_out);
        read.folds = {reported_by(*trial)};
        read.value = value_of(*trial, left_out);
        read.began = parse_time(trial->started);
        read.ended = parse_time(trial->completed);
        read.duration = duration_of(read);
        study.epochs = std::max(study.epochs, read.epochs());
    }
    std::vector<Parameter> parameters;
    for (Searched& searched : space)
        parameters.push_back(std::move(searched.parameter));
    study.space = Space(std::move(parameters));
    study.wall_seconds = std::max(0.0, wall_seconds(replayed, stored));

    if (!not_common.empty())
        study.left_out.push_back(fmt::format("some complete trials lack the parameters {}",
                                             fmt::join(not_common, ", ")));
    std::ranges::copy(left_out.sentences(), std::back_inserter(study.left_out));
    if (notice)
        for (const std::string& sentence : study.left_out)
            notice(fmt::format("{}: study '{}': left out of comparisons: {}", replayed.log->name(),
                               stored.name, sentence));
    return study;
}

}  // namespace manygpcm::search
