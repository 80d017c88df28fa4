// Each attribute's name is written once, here, for writing and reading.
#include "storage/study_attributes.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "manygpcm/engine/detail/hyperparameters_json.h"
#include "manygpcm/engine/detail/json_numbers.h"
#include "manygpcm/engine/detail/metrics_json.h"
#include "manygpcm/engine/error.h"
#include "space/space_json.h"
#include "storage/portrait_json.h"
#include "storage/psychometrics_json.h"

namespace manygpcm::search {
namespace {

using nlohmann::json;

std::int64_t count_in(const json& from) {
    return whole_number_in<std::int64_t>(from, 0);
}

json intervals_to_json(const Intervals& intervals) {
    json object = json::object();
    for (const auto& [name, interval] : intervals)
        object[name] = {interval.low, interval.high};
    return object;
}

// Format 1 had no names by the intervals but the order of the metrics that there were.
constexpr std::array<std::string_view, 13> metrics_of_format_1 = {"qwk",
                                                                  "qwk_median",
                                                                  "qwk_expected",
                                                                  "accuracy",
                                                                  "accuracy_within_one",
                                                                  "mae",
                                                                  "rmse",
                                                                  "kappa",
                                                                  "kendall_tau",
                                                                  "spearman",
                                                                  "pearson",
                                                                  "cross_entropy",
                                                                  "expected_calibration_error"};

Intervals intervals_from_json(const json& from) {
    const auto interval_in = [](const json& interval) {
        return Interval{number_in(interval.at(0)), number_in(interval.at(1))};
    };
    Intervals intervals;
    if (from.is_object()) {
        for (const auto& [name, interval] : from.items())
            if (find_metric(name) != nullptr) intervals[name] = interval_in(interval);
        return intervals;
    }
    if (!from.empty() && from.size() != metrics_of_format_1.size())
        throw std::invalid_argument(
            fmt::format("{} intervals of {} metrics", from.size(), metrics_of_format_1.size()));
    for (std::size_t i = 0; i < from.size(); ++i)
        intervals[std::string(metrics_of_format_1[i])] = interval_in(from[i]);
    return intervals;
}

json predictor_to_json(const ScoredPredictor& scored) {
    json calibration = json::array();
    for (const CalibrationBin& bin : scored.calibration)
        calibration.push_back({{"low", bin.low},
                               {"high", bin.high},
                               {"count", bin.count},
                               {"confidence", bin.confidence},
                               {"accuracy", bin.accuracy}});
    json predictor = {{"name", scored.name},
                      {"metrics", to_json(scored.metrics)},
                      {"intervals", intervals_to_json(scored.intervals)},
                      {"calibration", calibration},
                      {"winner_differences", intervals_to_json(scored.winner_differences)}};
    if (scored.without_first) predictor["without_first"] = to_json(*scored.without_first);
    if (scored.qwk_fitted) predictor["qwk_fitted"] = *scored.qwk_fitted;
    return predictor;
}

ScoredPredictor predictor_from_json(const json& from) {
    ScoredPredictor scored{
        .name = from.at("name").get<std::string>(),
        .metrics = metrics_from_json(from.at("metrics")),
        .intervals = intervals_from_json(from.at("intervals")),
        .winner_differences = intervals_from_json(from.value("winner_differences", json::array()))};
    for (const auto& bin : from.at("calibration"))
        scored.calibration.push_back({.low = number_in(bin.at("low")),
                                      .high = number_in(bin.at("high")),
                                      .count = count_in(bin.at("count")),
                                      .confidence = number_in(bin.at("confidence")),
                                      .accuracy = number_in(bin.at("accuracy"))});
    if (from.contains("without_first"))
        scored.without_first = metrics_from_json(from.at("without_first"));
    if (from.contains("qwk_fitted")) scored.qwk_fitted = number_in(from.at("qwk_fitted"));
    return scored;
}

json predictor_or_null(const std::optional<ScoredPredictor>& scored) {
    return scored ? predictor_to_json(*scored) : json(nullptr);
}

json predictor_list(const std::vector<ScoredPredictor>& list) {
    json result = json::array();
    for (const ScoredPredictor& scored : list)
        result.push_back(predictor_to_json(scored));
    return result;
}

std::vector<ScoredPredictor> predictor_list(const json& list) {
    std::vector<ScoredPredictor> result;
    for (const auto& scored : list)
        result.push_back(predictor_from_json(scored));
    return result;
}

json parts_to_json(const std::vector<ScoredPart>& parts) {
    json list = json::array();
    for (const ScoredPart& part : parts) {
        json& entry = list.emplace_back(json{
            {"responses", part.responses}, {"winner", part.winner}, {"classical", part.classical}});
        if (part.first > 0)
            entry.update({{"first", part.first}, {"last", part.last}});
        else
            entry["skill"] = part.skill;
    }
    return list;
}

ScoredPart::Values values_from_json(const json& from) {
    ScoredPart::Values values;
    for (const auto& [name, value] : from.items())
        if (find_metric(name) != nullptr) values[name] = number_in(value);
    return values;
}

std::vector<ScoredPart> parts_from_json(const json& list) {
    std::vector<ScoredPart> parts;
    for (const json& entry : list) {
        ScoredPart& part = parts.emplace_back();
        part.responses = count_in(entry.at("responses"));
        part.winner = values_from_json(entry.at("winner"));
        part.classical = values_from_json(entry.at("classical"));
        if (entry.contains("skill")) {
            part.skill = entry.at("skill").get<std::string>();
        } else {
            part.first = whole_number_in<int>(entry.at("first"), 1);
            part.last = whole_number_in<int>(entry.at("last"), part.first);
        }
    }
    return parts;
}

/// One model's alone, or a list.
json hyperparameters_to_json(const Study& study) {
    if (study.further.empty()) return to_json(study.base);
    json list = json::array();
    for (const Hyperparameters& base : study.bases())
        list.push_back(to_json(base));
    return list;
}

Hyperparameters hyperparameters_from_json(const json& values) {
    Hyperparameters hyperparameters;
    set_from_json(hyperparameters, values);
    return hyperparameters;
}

void read_hyperparameters(Study& study, const json& value) {
    if (!value.is_array()) {
        study.base = hyperparameters_from_json(value);
        return;
    }
    study.base = hyperparameters_from_json(value.at(0));
    for (std::size_t model = 1; model < value.size(); ++model)
        study.further.push_back(hyperparameters_from_json(value[model]));
}

/// Points say by numbers which model they are of. @throws std::invalid_argument
void expect_models_of_space(const Study& study) {
    const bool searched = study.space.contains(model_parameter);
    std::vector<std::string> names, labels;
    for (const Hyperparameters& base : study.bases())
        names.emplace_back(to_string(base.model));
    if (searched) labels = study.space.find(model_parameter).labels;
    if (searched ? names != labels : names.size() > 1)
        throw std::invalid_argument("has other models than 'hyperparameters'");
}

/// Each fold's losses or scores by epoch.
template <class Value>
json curves(const Trial& trial, Value value) {
    json folds = json::array();
    for (const auto& fold : trial.folds) {
        json epochs = json::array();
        for (const EpochResult& epoch : fold)
            epochs.push_back(number_to_json(value(epoch)));
        folds.push_back(epochs);
    }
    return folds;
}

/// An attribute that two commands of one sweep share.
struct Setting {
    const char* name;
    const char* option;  ///< of the program, that says it; "": it follows from the data
    json (*write)(const Study& study);
    void (*read)(Study& study, const json& value);
    int since = 1;            ///< the format that has it; earlier ones had ..
    const char* before = "";  ///< .. this value without saying so
};

template <auto member>
json value_of(const Study& study) {
    return study.*member;
}

template <auto member>
void read_count(Study& study, const json& value) {
    study.*member = whole_number_in<int>(value, 0);
}

template <auto member>
void read_text(Study& study, const json& value) {
    study.*member = value.get<std::string>();
}

const std::array settings_table = {
    Setting{"dataset", "", value_of<&Study::dataset>, read_text<&Study::dataset>},
    Setting{"dataset_fingerprint", "--data", value_of<&Study::dataset_fingerprint>,
            read_text<&Study::dataset_fingerprint>},
    Setting{"questions", "", value_of<&Study::n_questions>, read_count<&Study::n_questions>},
    Setting{"categories", "", value_of<&Study::n_categories>, read_count<&Study::n_categories>},
    Setting{"learners", "", value_of<&Study::n_learners>, read_count<&Study::n_learners>},
    Setting{"test_learners", "", value_of<&Study::n_test_learners>,
            read_count<&Study::n_test_learners>},
    Setting{"cv_on", "--cv-on", value_of<&Study::cv_on>, read_text<&Study::cv_on>},
    // Part of the next one, and named for whoever reads with Optuna.
    Setting{"model", "--model", [](const Study& study) -> json { return study.model_name(); },
            [](Study&, const json&) {}},
    Setting{"hyperparameters", "--set", hyperparameters_to_json, read_hyperparameters},
    Setting{"space", "--space", [](const Study& study) { return space_to_json(study.space); },
            [](Study& study, const json& value) {
                study.space = space_from_json(value);
                expect_models_of_space(study);
            }},
    Setting{"sampler", "--sampler", value_of<&Study::sampler>, read_text<&Study::sampler>},
    Setting{"scheduler", "--scheduler", value_of<&Study::scheduler>, read_text<&Study::scheduler>},
    Setting{"objective", "--objective", value_of<&Study::objective>,
            [](Study& study, const json& value) {
                study.score_by(objective_metric(value.get<std::string>(), study.n_categories));
            },
            2, "qwk"},
    Setting{"seed", "--seed", value_of<&Study::seed>,
            [](Study& study, const json& value) {
                study.seed = whole_number_in<std::uint64_t>(value);
            }},
    Setting{"folds", "--folds", value_of<&Study::n_folds>, read_count<&Study::n_folds>},
    Setting{"epochs", "--epochs", value_of<&Study::epochs>, read_count<&Study::epochs>}};

}  // namespace

std::vector<Asked> settings_of(const Study& study) {
    std::vector<Asked> settings;
    for (const Setting& setting : settings_table)
        settings.push_back({setting.name, setting.option, setting.write(study)});
    return settings;
}

json with_missing_settings(const json& attributes) {
    json filled = attributes;
    if (const auto found = filled.find("hyperparameters"); found != filled.end()) {
        if (found->is_object()) fill_in_missing(*found);
        if (found->is_array())
            for (json& values : *found)
                if (values.is_object()) fill_in_missing(values);
    }
    // One that was killed as it was created lacks settings that are still to be written.
    const int format = format_of(attributes);
    for (const Setting& setting : settings_table)
        if (format < setting.since && attributes.contains(settings_table.front().name) &&
            !attributes.contains(setting.name))
            filled[setting.name] = setting.before;
    return filled;
}

int format_of(const json& attributes) {
    const auto found = attributes.find(format_attribute);
    if (found == attributes.end()) return 1;
    try {
        return whole_number_in<int>(*found, 1);
    } catch (const std::logic_error& error) {
        throw BadAttribute(format_attribute, error.what());
    } catch (const json::exception& error) {
        throw BadAttribute(format_attribute, plain_words(error));
    }
}

std::vector<std::pair<std::string, json>> circumstances_of(const Study& study) {
    return {{format_attribute, newest_format},
            {"jobs", study.jobs},
            {"program", "manygpcm " MANYGPCM_VERSION}};
}

std::vector<std::pair<std::string, json>> results_of(const Study& study) {
    return {{"wall_seconds", study.wall_seconds},
            {"trials_asked", study.trials_asked},
            {"winner", predictor_or_null(study.winner)},
            {"folds_average", predictor_or_null(study.folds_average)},
            {"baselines", predictor_list(study.baselines)},
            {"baselines_cv", predictor_list(study.baselines_cv)},
            {"ceiling", predictor_or_null(study.ceiling)},
            {"ceiling_cv", predictor_or_null(study.ceiling_cv)},
            {"by_skill", parts_to_json(study.by_skill)},
            {"by_position", parts_to_json(study.by_position)},
            {"portrait", study.portrait ? portrait_to_json(*study.portrait) : json(nullptr)},
            {"psychometrics",
             study.psychometrics ? psychometrics_to_json(*study.psychometrics) : json(nullptr)}};
}

bool has_settings(const json& attributes) {
    return attributes.contains("hyperparameters") && attributes.contains("space") &&
           attributes.contains("epochs");
}

BadAttribute::BadAttribute(std::string name, const std::string& why)
    : std::invalid_argument(fmt::format(
          "attribute '{}': {}; expected what a sweep of manygpcm writes there", name, why)),
      attribute(std::move(name)) {}

Study study_from_attributes(const json& on_record) {
    const json attributes = with_missing_settings(on_record);
    Study study;
    const char* current = nullptr;
    const auto get = [&](const char* name) -> const json& {
        current = name;
        return attributes.at(name);
    };
    try {
        for (const Setting& setting : settings_table)
            setting.read(study, get(setting.name));
        // A search that is still going on has no results; one killed at its start no more than
        // settings.
        if (attributes.contains("jobs")) study.jobs = whole_number_in<int>(get("jobs"), 0);
        if (attributes.contains("wall_seconds"))
            study.wall_seconds = number_in(get("wall_seconds"));
        if (attributes.contains("trials_asked"))
            study.trials_asked = whole_number_in<int>(get("trials_asked"), 0);
        const auto known = [&](const char* name) {
            const auto found = attributes.find(name);
            return found != attributes.end() && !found->is_null();
        };
        if (known("winner")) study.winner = predictor_from_json(get("winner"));
        if (known("folds_average")) study.folds_average = predictor_from_json(get("folds_average"));
        if (known("ceiling")) study.ceiling = predictor_from_json(get("ceiling"));
        if (known("ceiling_cv")) study.ceiling_cv = predictor_from_json(get("ceiling_cv"));
        if (known("portrait")) study.portrait = portrait_from_json(get("portrait"));
        if (known("psychometrics"))
            study.psychometrics = psychometrics_from_json(
                get("psychometrics"), study.portrait ? study.portrait->items.size() : 0,
                study.n_categories);
        if (attributes.contains("by_skill")) study.by_skill = parts_from_json(get("by_skill"));
        if (attributes.contains("by_position"))
            study.by_position = parts_from_json(get("by_position"));
        if (attributes.contains("baselines")) study.baselines = predictor_list(get("baselines"));
        if (attributes.contains("baselines_cv"))
            study.baselines_cv = predictor_list(get("baselines_cv"));
    } catch (const json::exception& error) {
        throw BadAttribute(current,
                           attributes.contains(current) ? plain_words(error) : "is missing");
    } catch (const std::logic_error& error) {
        throw BadAttribute(current, error.what());
    } catch (const InputError& error) {
        throw BadAttribute(current, error.what());
    }
    return study;
}

std::vector<std::pair<std::string, json>> summary_of(const Trial& trial) {
    std::vector<std::pair<std::string, json>> summary = {
        {"fold_curves", curves(trial, [&](const EpochResult& e) { return trial.score_of(e); })},
        {"train_loss_curves", curves(trial, [](const EpochResult& e) { return e.train_loss; })},
        {"seconds", trial.seconds()},
        {"skipped_steps", trial.skipped_steps()}};
    const std::vector<Metrics> last = trial.last_epochs();
    std::size_t fewest = std::numeric_limits<std::size_t>::max();
    json fold_epochs = json::array();
    for (const auto& fold : trial.folds) {
        fold_epochs.push_back(fold.size());
        if (fold.empty()) continue;
        fewest = std::min(fewest, fold.size());
    }
    summary.emplace_back("fold_epochs", fold_epochs);
    summary.emplace_back("folds", last.size());
    summary.emplace_back("epochs", last.empty() ? 0 : fewest);
    if (last.empty()) return summary;
    if (std::isfinite(trial.score())) summary.emplace_back("cv_std", trial.cv_std());
    const Metrics mean = mean_over_folds(last);
    for (const auto& [name, value] : mean.scalars())
        summary.emplace_back(name, number_to_json(value));
    const json complete = to_json(mean);
    for (const char* name : {"n", "confusion", "categories"})
        summary.emplace_back(name, complete.at(name));
    return summary;
}

}  // namespace manygpcm::search
