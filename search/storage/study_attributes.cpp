// Each attribute's name is written once, here, for writing and reading.
#include "storage/study_attributes.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "manygpcm/engine/error.h"
#include "manygpcm/engine/hyperparameters_json.h"
#include "space/space_json.h"
#include "storage/json_numbers.h"
#include "storage/portrait_json.h"
#include "storage/python_json.h"

namespace manygpcm::search {
namespace {

using nlohmann::json;

std::int64_t count_in(const json& from) {
    return whole_number_in<std::int64_t>(from, 0);
}

Metrics metrics_from_json(const json& from) {
    Metrics metrics;
    metrics.n = count_in(from.at("n"));
    for (const auto& [name, member] : Metrics::scalar_members())
        metrics.*member = number_in(from.at(name));
    for (const auto& row : from.at("confusion"))
        for (const auto& count : row)
            metrics.confusion.push_back(count_in(count));
    for (const auto& scores : from.at("categories"))
        metrics.categories.push_back({.precision = number_in(scores.at("precision")),
                                      .recall = number_in(scores.at("recall")),
                                      .f1 = number_in(scores.at("f1")),
                                      .count = count_in(scores.at("count"))});
    if (metrics.confusion.size() != metrics.categories.size() * metrics.categories.size())
        throw std::invalid_argument(
            fmt::format("{} entries in the confusion matrix of {} categories",
                        metrics.confusion.size(), metrics.categories.size()));
    return metrics;
}

json intervals_to_json(const std::vector<Interval>& intervals) {
    json list = json::array();
    for (const Interval& interval : intervals)
        list.push_back({interval.low, interval.high});
    return list;
}

/// None, or one a metric.
std::vector<Interval> intervals_from_json(const json& list) {
    std::vector<Interval> intervals;
    for (const auto& interval : list)
        intervals.push_back({number_in(interval.at(0)), number_in(interval.at(1))});
    if (!intervals.empty() && intervals.size() != Metrics::scalar_members().size())
        throw std::invalid_argument(fmt::format("{} intervals of {} metrics", intervals.size(),
                                                Metrics::scalar_members().size()));
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
    return {{"name", scored.name},
            {"metrics", to_json(scored.metrics)},
            {"intervals", intervals_to_json(scored.intervals)},
            {"calibration", calibration},
            {"winner_differences", intervals_to_json(scored.winner_differences)}};
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

Hyperparameters hyperparameters_from_json(const json& values) {
    Hyperparameters hyperparameters;
    set_from_json(hyperparameters, values);
    return hyperparameters;
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

}  // namespace

std::vector<std::pair<std::string, json>> settings_of(const Study& study) {
    return {{"dataset", study.dataset},
            {"dataset_fingerprint", study.dataset_fingerprint},
            {"questions", study.n_questions},
            {"categories", study.n_categories},
            {"learners", study.n_learners},
            {"test_learners", study.n_test_learners},
            {"cv_on", study.cv_on},
            {"model", to_string(study.base.model)},
            {"hyperparameters", to_json(study.base)},
            {"space", space_to_json(study.space)},
            {"sampler", study.sampler},
            {"scheduler", study.scheduler},
            {"seed", study.seed},
            {"folds", study.n_folds},
            {"epochs", study.epochs}};
}

std::vector<std::pair<std::string, json>> circumstances_of(const Study& study) {
    return {{"jobs", study.jobs}, {"program", "manygpcm " MANYGPCM_VERSION}};
}

std::vector<std::pair<std::string, json>> results_of(const Study& study) {
    return {{"wall_seconds", study.wall_seconds},
            {"trials_asked", study.trials_asked},
            {"winner", predictor_or_null(study.winner)},
            {"baselines", predictor_list(study.baselines)},
            {"baselines_cv", predictor_list(study.baselines_cv)},
            {"ceiling", predictor_or_null(study.ceiling)},
            {"ceiling_cv", predictor_or_null(study.ceiling_cv)},
            {"portrait", study.portrait ? portrait_to_json(*study.portrait) : json(nullptr)}};
}

bool has_settings(const json& attributes) {
    return attributes.contains("hyperparameters") && attributes.contains("space") &&
           attributes.contains("epochs");
}

BadAttribute::BadAttribute(std::string name, const std::string& why)
    : std::invalid_argument(fmt::format(
          "attribute '{}': {}; expected what a sweep of manygpcm writes there", name, why)),
      attribute(std::move(name)) {}

Study study_from_attributes(const json& attributes) {
    Study study;
    const char* current = nullptr;
    const auto get = [&](const char* name) -> const json& {
        current = name;
        return attributes.at(name);
    };
    try {
        study.dataset = get("dataset").get<std::string>();
        study.dataset_fingerprint = get("dataset_fingerprint").get<std::string>();
        study.n_questions = whole_number_in<int>(get("questions"), 0);
        study.n_categories = whole_number_in<int>(get("categories"), 0);
        study.n_learners = whole_number_in<int>(get("learners"), 0);
        study.n_test_learners = whole_number_in<int>(get("test_learners"), 0);
        study.cv_on = get("cv_on").get<std::string>();
        study.base = hyperparameters_from_json(get("hyperparameters"));
        study.space = space_from_json(get("space"));
        study.sampler = get("sampler").get<std::string>();
        study.scheduler = get("scheduler").get<std::string>();
        study.seed = whole_number_in<std::uint64_t>(get("seed"));
        study.n_folds = whole_number_in<int>(get("folds"), 0);
        study.epochs = whole_number_in<int>(get("epochs"), 0);
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
        if (known("ceiling")) study.ceiling = predictor_from_json(get("ceiling"));
        if (known("ceiling_cv")) study.ceiling_cv = predictor_from_json(get("ceiling_cv"));
        if (known("portrait")) study.portrait = portrait_from_json(get("portrait"));
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

json epoch_to_json(const EpochResult& epoch) {
    json result = to_json(epoch.validation);
    result["train_loss"] = number_to_json(epoch.train_loss);
    result["lr"] = epoch.lr;
    result["seconds"] = epoch.seconds;
    result["skipped_steps"] = epoch.skipped_steps;
    return result;
}

EpochResult epoch_from_json(const json& json, int number_of_epoch) {
    try {
        return {.epoch = number_of_epoch,
                .train_loss = number_in(json.at("train_loss")),
                .lr = number_in(json.at("lr")),
                .seconds = number_in(json.at("seconds")),
                .skipped_steps = whole_number_in<int>(json.at("skipped_steps"), 0),
                .validation = metrics_from_json(json)};
    } catch (const nlohmann::json::exception& error) {
        throw std::invalid_argument(plain_words(error));
    }
}

std::vector<std::pair<std::string, json>> summary_of(const Trial& trial) {
    std::vector<std::pair<std::string, json>> summary = {
        {"fold_curves", curves(trial, [](const EpochResult& e) { return e.validation.qwk; })},
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
