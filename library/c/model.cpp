// Models of the C interface: trained, kept in files, predicting.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "c/configuration.h"
#include "c/handles.h"
#include "manygpcm/engine/detail/hyperparameters_json.h"
#include "manygpcm/engine/detail/metrics_json.h"
#include "manygpcm/engine/error.h"
#include "manygpcm/engine/expect_trained.h"
#include "manygpcm/engine/folds.h"
#include "manygpcm/engine/models.h"
#include "manygpcm/engine/numbers_from.h"
#include "manygpcm/engine/responses_of.h"
#include "manygpcm/engine/sequence_limit.h"

using namespace manygpcm;  // NOLINT(google-build-using-namespace): nothing here is anybody's header
using c::expect;
using c::guarded;

namespace manygpcm::c {
namespace {

constexpr std::int64_t most_epochs = 100'000;

const std::vector<Learner>& part_of(const manygpcm_dataset& dataset, manygpcm_part part) {
    if (part == MANYGPCM_TRAIN) return dataset.data.train;
    if (part == MANYGPCM_TEST) return dataset.data.test;
    throw InputError(
        fmt::format("part {}: expected MANYGPCM_TRAIN or MANYGPCM_TEST", static_cast<int>(part)));
}

Predictions predictions_of(const manygpcm_context& context, const manygpcm_model& model,
                           const manygpcm_dataset& dataset, const std::vector<Learner>& learners) {
    const ModelConfig& config = model.model.config;
    const Dataset& data = dataset.data;
    if (data.n_questions > config.n_questions || data.n_categories > config.n_categories)
        throw InputError(fmt::format(
            "a dataset of {} questions and {} categories; expected at most the model's {} and {}",
            data.n_questions, data.n_categories, config.n_questions, config.n_categories));
    return predict(model.model, learners, numbers_from(0, static_cast<int>(learners.size())),
                   &context.stop);
}

ReplicaResult train(manygpcm_context& context, const Dataset& dataset,
                    const Hyperparameters& chosen, std::optional<std::int64_t> epochs,
                    std::uint64_t seed) {
    if (const auto line = check_lengths(dataset, chosen.model, dataset.name)) context.tell(*line);
    ReplicaSpec spec;
    spec.hyperparameters = chosen;
    spec.train = numbers_from(0, static_cast<int>(dataset.train.size()));
    spec.seed = seed;
    TrainingLength length = epochs ? static_cast<int>(*epochs) : 1;
    int most = std::get<int>(length);
    if (!epochs && is_trained(chosen.model)) {
        const EarlyStopping stopping = early_stopping_for(chosen);
        length = stopping;
        most = stopping.most_epochs;
        Fold fold = hold_out_tenth(spec.train, seed);
        spec.train = std::move(fold.train);
        spec.validation = std::move(fold.validation);
    }
    const auto begin = std::chrono::steady_clock::now();
    const auto observe = [&](int, const EpochResult& epoch) {
        const double seconds =
            std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
        context.tell(manygpcm_progress{.fraction = static_cast<double>(epoch.epoch) / most,
                                       .seconds_elapsed = seconds,
                                       .seconds_left = seconds / epoch.epoch * (most - epoch.epoch),
                                       .epochs_done = epoch.epoch,
                                       .epochs = most,
                                       .trials_done = 0,
                                       .trials = 0,
                                       .best_score = std::numeric_limits<double>::quiet_NaN()});
    };
    const LearnerSet learners{dataset.train, dataset.n_questions, dataset.n_categories};
    const auto device = context.device_training();
    std::vector<ReplicaResult> results =
        device
            ? train_replicas(learners, {&spec, 1}, length, *device, observe, &context.stop)
            : train_replicas(learners, {&spec, 1}, length, context.threads, observe, &context.stop);
    ReplicaResult& result = results.front();
    // Of a model that is the best before its first epoch nothing was trained that could have
    // failed.
    result.epochs.resize(static_cast<std::size_t>(result.epoch));
    expect_trained(result.epochs);
    return std::move(result);
}

}  // namespace
}  // namespace manygpcm::c

manygpcm_status manygpcm_train(manygpcm_context* context, const manygpcm_dataset* dataset,
                               const char* configuration, manygpcm_model** model) {
    return guarded([&] {
        expect(context, "context");
        expect(dataset, "dataset");
        expect(model, "model");
        const c::Configuration chosen(configuration,
                                      {"model", "hyperparameters", "epochs", "seed"});
        const Hyperparameters hyperparameters = chosen.hyperparameters(
            parse_model(chosen.text("model").value_or(std::string(model_names().front()))));
        const auto epochs = chosen.whole("epochs", 1, c::most_epochs);
        const auto seed = static_cast<std::uint64_t>(
            chosen.whole("seed", 0, std::numeric_limits<std::int64_t>::max()).value_or(42));
        auto made = std::make_unique<manygpcm_model>(
            c::train(*context, dataset->data, hyperparameters, epochs, seed).model);
        made->model.question_ids = dataset->data.question_ids;
        *model = made.release();
    });
}

manygpcm_status manygpcm_model_load(const char* path, manygpcm_model** model) {
    return guarded([&] {
        expect(path, "path");
        expect(model, "model");
        *model = new manygpcm_model{load_model(path)};
    });
}

manygpcm_status manygpcm_model_save(const manygpcm_model* model, const char* path) {
    return guarded([&] {
        expect(model, "model");
        expect(path, "path");
        save_model(model->model, path);
    });
}

manygpcm_status manygpcm_model_describe(const manygpcm_model* model, char** json) {
    return guarded([&] {
        expect(model, "model");
        expect(json, "json");
        const ModelConfig& config = model->model.config;
        nlohmann::json values = to_json(config.hyperparameters);
        const nlohmann::json name = values["model"];
        values.erase("model");
        const nlohmann::json description = {{"model", name},
                                            {"n_questions", config.n_questions},
                                            {"n_categories", config.n_categories},
                                            {"question_ids", model->model.question_ids},
                                            {"hyperparameters", values}};
        *json =
            c::text_of(description.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
    });
}

manygpcm_status manygpcm_predict(manygpcm_context* context, const manygpcm_model* model,
                                 const manygpcm_dataset* dataset, manygpcm_part part,
                                 float* probabilities, float* ability, float* discrimination) {
    return guarded([&] {
        expect(context, "context");
        expect(model, "model");
        expect(dataset, "dataset");
        expect(probabilities, "probabilities");
        const Predictions predictions =
            c::predictions_of(*context, *model, *dataset, c::part_of(*dataset, part));
        std::ranges::copy(predictions.probabilities, probabilities);
        if (ability) std::ranges::copy(predictions.theta, ability);
        if (discrimination) std::ranges::copy(predictions.alpha, discrimination);
    });
}

manygpcm_status manygpcm_evaluate(manygpcm_context* context, const manygpcm_model* model,
                                  const manygpcm_dataset* dataset, manygpcm_part part,
                                  char** json) {
    return guarded([&] {
        expect(context, "context");
        expect(model, "model");
        expect(dataset, "dataset");
        expect(json, "json");
        const std::vector<Learner>& learners = c::part_of(*dataset, part);
        if (learners.empty())
            throw InputError("no learners in this part of the dataset; expected one or more");
        const Predictions predictions = c::predictions_of(*context, *model, *dataset, learners);
        const std::vector<std::int32_t> responses =
            responses_of(learners, numbers_from(0, static_cast<int>(learners.size())));
        *json = c::text_of(to_json(compute_metrics(predictions.probabilities, responses,
                                                   model->model.config.n_categories))
                               .dump());
    });
}

manygpcm_status manygpcm_items(manygpcm_context* context, const manygpcm_model* model,
                               double* discrimination, double* thresholds) {
    return guarded([&] {
        expect(context, "context");
        expect(model, "model");
        expect(discrimination, "discrimination");
        expect(thresholds, "thresholds");
        const std::vector<float> found = item_thresholds(model->model, &context->stop);
        std::ranges::copy(found, thresholds);
        const std::vector<double>& alpha = model->model.mean_alpha;
        if (alpha.empty())
            std::fill_n(discrimination, model->model.config.n_questions,
                        std::numeric_limits<double>::quiet_NaN());
        else
            std::ranges::copy(alpha, discrimination);
    });
}

void manygpcm_model_free(manygpcm_model* model) {
    delete model;
}
