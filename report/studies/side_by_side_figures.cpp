// Refuses studies whose scores don't compare, and computes what is compared of the others.
#include "studies/side_by_side_figures.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <numeric>

#include "figures/number_text.h"
#include "figures/scoreboard.h"
#include "manygpcm/engine/detail/hyperparameters_json.h"
#include "manygpcm/engine/error.h"
#include "manygpcm/engine/shown.h"
#include "sections/json_values.h"

namespace manygpcm::report {
namespace {

using nlohmann::json;
using search::Study;
using search::Trial;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

[[noreturn]] void refuse(const NamedStudy& one, const std::string& what, const NamedStudy& other,
                         const std::string& what_other, const char* expected) {
    throw InputError(fmt::format("studies can't be compared: {} {}, {} {}; expected {}",
                                 printable(one.name), printable(what), printable(other.name),
                                 printable(what_other), expected));
}

std::string scores_of(const Study& study) {
    return fmt::format("goes by {}, the {} the better", study.objective,
                       study.minimize ? "lower" : "higher");
}

std::string data_of(const Study& study) {
    return fmt::format("is of {} ({}, {}, {}{})", study.dataset,
                       counted(study.n_questions, "question"),
                       counted(study.n_categories, "category"),
                       counted(study.n_learners + study.n_test_learners, "learner"),
                       study.dataset_fingerprint.empty()
                           ? ""
                           : fmt::format(", fingerprint {}", study.dataset_fingerprint));
}

bool other_data(const Study& a, const Study& b) {
    if (a.foreign) return false;  // not known
    if (!a.dataset_fingerprint.empty() && !b.dataset_fingerprint.empty())
        return a.dataset_fingerprint != b.dataset_fingerprint;
    return a.n_questions != b.n_questions || a.n_categories != b.n_categories ||
           a.n_learners + a.n_test_learners != b.n_learners + b.n_test_learners;
}

// Whether two are one study, however it was named: no two runs take the same times.
bool same_study(const Study& a, const Study& b) {
    const auto same_trial = [](const Trial& x, const Trial& y) {
        return x.point == y.point && x.seconds() == y.seconds() && x.began == y.began &&
               x.ended == y.ended;
    };
    const bool timed = std::ranges::any_of(
        a.trials, [](const Trial& trial) { return trial.began || trial.seconds() > 0; });
    return timed && std::ranges::equal(a.trials, b.trials, same_trial);
}

void check(const std::vector<NamedStudy>& studies) {
    for (auto one = studies.begin(); one != studies.end(); ++one)
        for (auto other = one + 1; other != studies.end(); ++other)
            if (same_study(one->study, other->study))
                throw InputError(fmt::format(
                    "studies can't be compared: {} and {} are the same study; expected two",
                    printable(one->name), printable(other->name)));
    const NamedStudy& first = studies.front();
    for (const NamedStudy& other : studies) {
        const Study &a = first.study, &b = other.study;
        if (a.foreign != b.foreign) {
            const auto author = [](const Study& study) {
                return study.foreign ? "was written by Optuna" : "by manygpcm";
            };
            refuse(first, author(a), other, author(b), "studies of one kind");
        }
        if (a.objective != b.objective || a.minimize != b.minimize)
            refuse(first, scores_of(a), other, scores_of(b), "the same objective");
        if (other_data(a, b)) refuse(first, data_of(a), other, data_of(b), "the same data");
    }
}

template <class F>
bool same_in_all(const std::vector<NamedStudy>& studies, F value) {
    return std::ranges::all_of(studies, [&](const NamedStudy& one) {
        return value(one.study) == value(studies.front().study);
    });
}

int epochs_of_folds(const Trial& trial) {
    return std::accumulate(
        trial.folds.begin(), trial.folds.end(), 0,
        [](int sum, const auto& fold) { return sum + static_cast<int>(fold.size()); });
}

Progress progress_of(const Study& study) {
    Progress progress;
    double spent = 0, best = nan;
    for (const Trial& trial : study.trials) {
        if (trial.unfinished()) continue;
        spent += epochs_of_folds(trial);
        if (trial.full() && (std::isnan(best) || study.better(trial.score(), best)))
            best = trial.score();
        progress.trials.push_back(static_cast<double>(progress.trials.size()) + 1);
        progress.spent.push_back(spent);
        progress.best.push_back(best);
    }
    return progress;
}

// The epochs that most trials of every study had on all of its folds, the most among equals.
int common_epochs(const std::vector<NamedStudy>& studies) {
    int longest = 0;
    for (const NamedStudy& one : studies)
        longest = std::max(longest, one.study.epochs);
    int chosen = 0;
    double most = 0;
    for (int epochs = 1; epochs <= longest; ++epochs) {
        double least = 1;
        for (const auto& [name, study] : studies) {
            const auto reached = std::ranges::count_if(
                study.trials, [&](const Trial& trial) { return trial.epochs() >= epochs; });
            least = std::min(
                least, static_cast<double>(reached) /
                           static_cast<double>(std::max<std::size_t>(study.trials.size(), 1)));
        }
        if (least > 0 && least >= most) {
            most = least;
            chosen = epochs;
        }
    }
    return chosen;
}

// What the best trial scores above another's best, by fold.
std::vector<double> gains(const Trial& one, const Trial& other) {
    std::vector<double> found;
    for (std::size_t fold = 0; fold < one.folds.size(); ++fold)
        found.push_back(one.score_of(one.folds[fold].back()) -
                        other.score_of(other.folds[fold].back()));
    return found;
}

std::string value_text(const json& value) {
    if (value.is_null()) return "–";
    if (value.is_string()) return value.get<std::string>();
    return value.is_number() ? significant(value.get<double>()) : value.dump();
}

const search::Parameter* parameter_of(const Study& study, const std::string& name) {
    for (const search::Parameter& parameter : study.space.parameters())
        if (parameter.name == name) return &parameter;
    return nullptr;
}

// What a study may try of a parameter.
std::string range_text(const search::Parameter& parameter) {
    if (parameter.kind == search::Parameter::Kind::choice) {
        std::vector<std::string> choices;
        for (const double choice : parameter.choices)
            choices.push_back(value_text(value_json(parameter, choice)));
        return fmt::format("{}", fmt::join(choices, ", "));
    }
    return fmt::format("{} to {}{}", significant(parameter.low), significant(parameter.high),
                       parameter.log ? ", by its logarithm" : "");
}

// Names of all that any of the studies has, in the order of the first that does.
std::vector<std::string> names_of(const std::vector<NamedStudy>& studies, bool searched) {
    std::vector<std::string> names;
    const auto add = [&](const std::string& name) {
        if (std::ranges::find(names, name) == names.end()) names.push_back(name);
    };
    if (!studies.front().study.foreign) add(search::model_parameter);
    for (const auto& [label, study] : studies) {
        for (const search::Parameter& parameter : study.space.parameters())
            add(parameter.name);
        if (searched || study.foreign) continue;
        const json base = to_json(study.base);
        for (const auto& [name, value] : base.items())
            add(name);
    }
    return names;
}

// What the trial was trained with; of one of Optuna's, what it had.
json values_of(const Study& study, const Trial& trial) {
    json values = study.foreign ? json::object() : to_json(study.at(trial.point));
    const json point = point_json(study.space, trial.point);
    for (const auto& [name, value] : point.items())
        if (!value.is_null() || !values.contains(name)) values[name] = value;
    return values;
}

void add_settings(SideBySide& figures) {
    const std::vector<NamedStudy>& studies = *figures.studies;
    const auto add = [&](const std::string& name, auto value) {
        std::vector<std::string> values;
        for (const NamedStudy& one : studies)
            values.push_back(value(one.study));
        if (std::ranges::adjacent_find(values, std::not_equal_to<>()) != values.end())
            figures.differences.emplace_back(name, std::move(values));
    };
    const auto number = [](int value) { return fmt::format("{}", value); };
    if (!figures.first().foreign) {
        add("folds", [&](const Study& s) { return number(s.n_folds); });
        add("epochs", [&](const Study& s) { return number(s.epochs); });
        add("seed", [](const Study& s) { return fmt::format("{}", s.seed); });
        add("learners cross-validated on", [](const Study& s) { return s.cv_on; });
        add("sampler", [](const Study& s) { return s.sampler; });
        add("scheduler", [](const Study& s) { return s.scheduler; });
    }
    for (const std::string& name : names_of(studies, false))
        add(name, [&](const Study& study) -> std::string {
            if (name == search::model_parameter && !study.foreign)
                return std::string(study.model_name());
            if (const search::Parameter* parameter = parameter_of(study, name))
                return "searched: " + range_text(*parameter);
            if (study.foreign) return "–";
            const json base = to_json(study.base);
            return base.contains(name) ? value_text(base[name]) : "–";
        });
}

void add_parameters(SideBySide& figures) {
    std::vector<json> values;
    for (std::size_t i = 0; i < figures.n(); ++i)
        values.push_back(figures.best[i] == nullptr
                             ? json::object()
                             : values_of((*figures.studies)[i].study, *figures.best[i]));
    for (const std::string& name : names_of(*figures.studies, true)) {
        std::vector<std::string> row;
        for (const json& one : values)
            row.push_back(one.contains(name) ? value_text(one[name]) : "–");
        figures.parameters.emplace_back(name, std::move(row));
    }
}

}  // namespace

double SideBySide::least_spent() const {
    double least = std::numeric_limits<double>::infinity();
    for (const Progress& one : progress)
        least = std::min(least, one.spent.empty() ? 0 : one.spent.back());
    return least;
}

std::vector<double> SideBySide::best_for_least_spent() const {
    const double least = least_spent();
    std::vector<double> found;
    for (const Progress& one : progress) {
        found.push_back(nan);
        for (std::size_t i = 0; i < one.spent.size() && one.spent[i] <= least; ++i)
            found.back() = one.best[i];
    }
    return found;
}

SideBySide side_by_side(const std::vector<NamedStudy>& studies) {
    check(studies);
    SideBySide figures;
    figures.studies = &studies;
    const bool foreign = studies.front().study.foreign;
    figures.data_known = !foreign && std::ranges::none_of(studies, [](const NamedStudy& one) {
        return one.study.dataset_fingerprint.empty();
    });
    figures.same_folds = figures.data_known &&
                         same_in_all(studies, [](const Study& s) { return s.n_folds; }) &&
                         same_in_all(studies, [](const Study& s) { return s.seed; }) &&
                         same_in_all(studies, [](const Study& s) { return s.cv_on; });
    figures.same_epochs = !foreign && same_in_all(studies, [](const Study& s) { return s.epochs; });
    const int epochs = foreign ? 0 : common_epochs(studies);
    for (const auto& [name, study] : studies) {
        figures.best.push_back(study.best());
        figures.progress.push_back(progress_of(study));
        figures.alike.push_back(foreign ? comparable_trials(study, 1)
                                        : trials_at(study, epochs, study.n_folds));
    }
    for (std::size_t i = 0; i < figures.n(); ++i) {
        const Trial *one = figures.best[i], *first = figures.best.front();
        figures.above_first.emplace_back();
        figures.above_first_interval.emplace_back();
        if (i == 0 || one == nullptr || first == nullptr || !figures.same_folds ||
            !figures.same_epochs)
            continue;
        const std::vector<double> differences = gains(*one, *first);
        figures.above_first.back() = std::accumulate(differences.begin(), differences.end(), 0.0) /
                                     static_cast<double>(differences.size());
        figures.above_first_interval.back() =
            interval_over_folds(studies.front().study, differences);
    }
    add_settings(figures);
    add_parameters(figures);
    return figures;
}

}  // namespace manygpcm::report
