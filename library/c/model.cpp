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
#include <vector>

#include "c/configuration.h"
#include "c/handles.h"
#include "manygpcm/engine/detail/hyperparameters_json.h"
#include "manygpcm/engine/detail/metrics_json.h"
#include "manygpcm/engine/error.h"
#include "manygpcm/engine/expect_trained.h"
#include "manygpcm/engine/files.h"
#include "manygpcm/engine/folds.h"
#include "manygpcm/engine/judge_model.h"
#include "manygpcm/engine/models.h"
#include "manygpcm/engine/next_question.h"
#include "manygpcm/engine/numbers_from.h"
#include "manygpcm/engine/replicas_progress.h"
#include "manygpcm/engine/responses_of.h"
#include "manygpcm/engine/sequence_limit.h"
#include "manygpcm/engine/shown.h"
#include "manygpcm/search/item_table.h"

using namespace manygpcm;  // NOLINT(google-build-using-namespace): nothing here is anybody's header
using c::expect;
using c::guarded;

namespace manygpcm::c {
namespace {

constexpr std::int64_t highest = 1'000'000;  // of epochs and folds

/// @throws InputError for a dataset that has what the model doesn't know
void expect_fits(const manygpcm_model& model, const manygpcm_dataset& dataset) {
    const ModelConfig& config = model.model.config;
    const Dataset& data = dataset.data;
    if (data.n_questions > config.n_questions || data.n_categories > config.n_categories)
        throw InputError(fmt::format(
            "a dataset of {} and {}; expected at most the model's {} and {}",
            counted(data.n_questions, "question"), counted(data.n_categories, "category"),
            config.n_questions, config.n_categories));
    // A file that was read for the model has its numbers; what else has names has its own.
    const std::vector<std::string>&ours = model.model.question_ids, &theirs = data.question_ids;
    for (std::size_t q = 0; q < std::min(ours.size(), theirs.size()); ++q)
        if (ours[q] != theirs[q])
            throw InputError(
                fmt::format("a dataset whose question {} is '{}'; expected the model's '{}': the "
                            "same questions by "
                            "the same numbers, or manygpcm_dataset_read_for",
                            q, theirs[q], ours[q]));
}

/// Members that say what is trained, and for how long.
struct Chosen {
    Hyperparameters hyperparameters;
    std::optional<int> epochs = {};  ///< none: as many as are best for a tenth of the learners
    std::uint64_t seed = 42;
};

Chosen chosen_by(const Configuration& configuration) {
    Chosen chosen{.hyperparameters = configuration.hyperparameters(parse_model(
                      configuration.text("model").value_or(std::string(model_names().front()))))};
    if (const auto epochs = configuration.whole("epochs", 1, highest))
        chosen.epochs = static_cast<int>(*epochs);
    if (const auto seed = configuration.whole("seed", 0, std::numeric_limits<std::int64_t>::max()))
        chosen.seed = static_cast<std::uint64_t>(*seed);
    return chosen;
}

ReplicaSpec replica(const Chosen& chosen, std::vector<int> learners, int fold) {
    ReplicaSpec spec;
    spec.hyperparameters = chosen.hyperparameters;
    spec.train = std::move(learners);
    spec.seed = chosen.seed;
    spec.fold = fold;
    return spec;
}

/// Trains replicas of one choice on learners to train on.
std::vector<Model> train(manygpcm_context& context, const Dataset& dataset, const Chosen& chosen,
                         std::vector<ReplicaSpec> specs) {
    const ModelKind kind = chosen.hyperparameters.model;
    if (const auto line = check_lengths(dataset, kind, dataset.name)) context.tell(*line);
    const TrainingLength length = choose_length(chosen.epochs, chosen.seed, specs);
    const auto begin = std::chrono::steady_clock::now();
    ReplicasProgress progress(specs.size(), epochs_left(length));
    const auto observe = [&](int replica, const EpochResult&, EpochsLeft left) {
        progress.trained(replica, 1, left);
        const std::int64_t done = progress.epochs_done(), epochs = done + progress.most_left();
        const double seconds =
            std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
        const double fraction = static_cast<double>(done) / static_cast<double>(epochs);
        context.tell(manygpcm_progress{.fraction = fraction,
                                       .seconds_elapsed = seconds,
                                       .seconds_left = seconds / fraction - seconds,
                                       .epochs_done = done,
                                       .epochs = epochs,
                                       .trials_done = 0,
                                       .trials = 0,
                                       .best_score = std::numeric_limits<double>::quiet_NaN()});
    };
    const LearnerSet learners{dataset.train, dataset.n_questions, dataset.n_categories};
    std::vector<ReplicaResult> results =
        train_replicas(learners, specs, length, context.context(), observe);
    std::vector<Model> models;
    for (ReplicaResult& result : results) {
        // Of a model that is the best before its first epoch nothing was trained that could have
        // failed.
        result.epochs.resize(static_cast<std::size_t>(result.epoch));
        expect_trained(result.epochs);
        result.model.question_ids = dataset.question_ids;
        models.push_back(std::move(result.model));
    }
    return models;
}

nlohmann::json metrics_of(const Model& model, const std::vector<Learner>& learners,
                          const std::vector<int>& which, StopFlag stop) {
    const int n_categories = model.config.n_categories;
    const Predictions predictions = predict(model, learners, which, stop);
    std::vector<float> answered;  // a learner's last questions may have no answer yet
    for (std::size_t i = 0; i < which.size(); ++i) {
        const std::size_t n = learners[static_cast<std::size_t>(which[i])].responses.size();
        const auto first = predictions.probabilities.begin() +
                           std::ptrdiff_t{predictions.offsets[i]} * n_categories;
        answered.insert(answered.end(), first,
                        first + static_cast<std::ptrdiff_t>(n) * n_categories);
    }
    return to_json(compute_metrics(answered, responses_of(learners, which), n_categories));
}

}  // namespace
}  // namespace manygpcm::c

manygpcm_status manygpcm_train(manygpcm_context* context, const manygpcm_dataset* dataset,
                               const char* configuration, manygpcm_model** model) {
    return guarded([&] {
        expect(context, "context");
        expect(dataset, "dataset");
        expect(model, "model");
        c::expect_answered(*dataset);
        const c::Configuration given(configuration);
        const c::Chosen chosen = c::chosen_by(given);
        given.expect_no_other();
        const std::vector<int> all = numbers_from(0, static_cast<int>(dataset->data.train.size()));
        std::vector<Model> models =
            c::train(*context, dataset->data, chosen, {c::replica(chosen, all, 0)});
        if (!is_trained(chosen.hyperparameters.model))
            judge_model(models.front(), dataset->data.train, all, &context->stop);
        *model = new manygpcm_model{std::move(models.front())};
    });
}

manygpcm_status manygpcm_crossvalidate(manygpcm_context* context, const manygpcm_dataset* dataset,
                                       const char* configuration, char** json) {
    return guarded([&] {
        expect(context, "context");
        expect(dataset, "dataset");
        expect(json, "json");
        c::expect_answered(*dataset);
        const c::Configuration given(configuration);
        const c::Chosen chosen = c::chosen_by(given);
        const int n_folds = static_cast<int>(given.whole("folds", 2, c::highest).value_or(5));
        given.expect_no_other();
        const std::vector<Learner>& learners = dataset->data.train;
        const std::vector<Fold> folds =
            k_fold(static_cast<int>(learners.size()), n_folds, chosen.seed);
        // Fold 0 is the program's for the model of all learners.
        std::vector<ReplicaSpec> specs;
        for (const Fold& fold : folds)
            specs.push_back(c::replica(chosen, fold.train, static_cast<int>(specs.size()) + 1));
        const std::vector<Model> models =
            c::train(*context, dataset->data, chosen, std::move(specs));
        nlohmann::json metrics = nlohmann::json::array();
        for (std::size_t i = 0; i < folds.size(); ++i)
            metrics.push_back(
                c::metrics_of(models[i], learners, folds[i].validation, &context->stop));
        *json = c::text_of(metrics.dump());
    });
}

manygpcm_status manygpcm_model_load(const char* path, manygpcm_model** model) {
    return guarded([&] {
        c::expect_text(path, "path");
        expect(model, "model");
        *model = new manygpcm_model{load_model(path)};
    });
}

manygpcm_status manygpcm_model_save(const manygpcm_model* model, const char* path) {
    return guarded([&] {
        expect(model, "model");
        c::expect_text(path, "path");
        ensure_writable_file(path);
        save_model(model->model, path);
    });
}

manygpcm_status manygpcm_model_shape(const manygpcm_model* model, int64_t* n_questions,
                                     int64_t* n_categories) {
    return guarded([&] {
        expect(model, "model");
        if (n_questions) *n_questions = model->model.config.n_questions;
        if (n_categories) *n_categories = model->model.config.n_categories;
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
        const std::vector<Learner>& learners = c::part_of(*dataset, part);
        c::expect_fits(*model, *dataset);
        const Predictions predictions =
            predict(model->model, learners, numbers_from(0, static_cast<int>(learners.size())),
                    &context->stop);
        std::ranges::copy(predictions.probabilities, probabilities);
        if (ability) std::ranges::copy(predictions.theta, ability);
        if (discrimination) std::ranges::copy(predictions.alpha, discrimination);
    });
}

manygpcm_status manygpcm_predict_next(manygpcm_context* context, const manygpcm_model* model,
                                      const manygpcm_dataset* dataset, manygpcm_part part,
                                      manygpcm_on_next_questions callback, void* user_data) {
    return guarded([&] {
        expect(context, "context");
        expect(model, "model");
        expect(dataset, "dataset");
        if (callback == nullptr) throw InputError("callback is NULL; expected a function");
        const std::vector<Learner>& learners = c::part_of(*dataset, part);
        c::expect_fits(*model, *dataset);
        const auto visit = [&](const NextQuestions& next) {
            const Predictions& said = next.consensus->mean;
            const std::size_t step = next.first_step;
            const manygpcm_next_questions told{
                .learner = next.learner,
                .first_question = next.first_question,
                .n_questions = next.n_questions,
                .probabilities =
                    &said.probabilities[step * static_cast<std::size_t>(said.n_categories)],
                .ability = &said.theta[step],
                .ability_deviation =
                    said.theta_deviation.empty() ? nullptr : &said.theta_deviation[step],
                .discrimination = &said.alpha[step]};
            if (callback(&told, user_data) != 0)
                throw Interrupted("interrupted by the callback before it was done");
        };
        for_next_questions({&model->model, 1}, learners, visit, &context->stop);
    });
}

manygpcm_status manygpcm_abilities(manygpcm_context* context, const manygpcm_model* model,
                                   const manygpcm_dataset* dataset, manygpcm_part part,
                                   double* ability, double* deviation) {
    return guarded([&] {
        expect(context, "context");
        expect(model, "model");
        expect(dataset, "dataset");
        expect(ability, "ability");
        const std::vector<Learner>& learners = c::part_of(*dataset, part);
        c::expect_fits(*model, *dataset);
        const std::vector<Ability> found =
            abilities_after({&model->model, 1}, learners, &context->stop);
        std::ranges::transform(found, ability, &Ability::mean);
        if (deviation) std::ranges::transform(found, deviation, &Ability::deviation);
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
        if (std::ranges::all_of(learners, [](const Learner& one) { return one.responses.empty(); }))
            throw InputError("no responses in this part of the dataset; expected one or more");
        c::expect_fits(*model, *dataset);
        *json = c::text_of(c::metrics_of(model->model, learners,
                                         numbers_from(0, static_cast<int>(learners.size())),
                                         &context->stop)
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
        const search::ItemTable table = search::item_table(model->model, &context->stop);
        std::ranges::copy(table.columns[0].values, discrimination);
        const int n_thresholds = model->model.config.n_categories - 1;
        for (std::size_t q = 0; q < table.marks.size(); ++q)
            for (int j = 1; j <= n_thresholds; ++j)
                *thresholds++ = table.columns[static_cast<std::size_t>(j)].values[q];
    });
}

manygpcm_status manygpcm_item_table(manygpcm_context* context, const manygpcm_model* model,
                                    char** json) {
    return guarded([&] {
        expect(context, "context");
        expect(model, "model");
        expect(json, "json");
        const search::ItemTable table = search::item_table(model->model, &context->stop);
        nlohmann::json columns = nlohmann::json::array();
        for (const search::ItemColumn& column : table.columns)
            columns.push_back({{"name", column.name}, {"values", column.values}});
        *json = c::text_of(nlohmann::json{{"columns", columns}, {"marks", table.marks}}.dump());
    });
}

void manygpcm_model_free(manygpcm_model* model) {
    delete model;
}
