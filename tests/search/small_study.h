// A small study with every kind of parameter and of ending, for what is written and read back.
#pragma once

#include <limits>

#include "manygpcm/engine/models.h"
#include "manygpcm/search/space_of_models.h"
#include "storage/open_study.h"

namespace manygpcm::search {

inline Metrics small_metrics(double qwk) {
    Metrics metrics;
    metrics.n = 30;
    double value = qwk;
    for (const Metric& metric : metric_table()) {
        metrics[metric] = value;
        value = value / 3 + 0.1;
    }
    metrics.confusion = {12, 3, 5, 10};
    metrics.categories = {{0.7, 0.8, 0.75, 15}, {0.77, 0.67, 0.7142857142857143, 15}};
    return metrics;
}

inline ScoredPredictor small_held_out(const char* name, double qwk) {
    ScoredPredictor scored{.name = name,
                           .metrics = small_metrics(qwk),
                           .intervals = {},
                           .calibration = {{0, 0.5, 10, 0.45, 0.4}, {0.5, 1, 20, 0.75, 0.8}}};
    for (const auto& [metric, value] : scored.metrics.scalars())
        scored.intervals[metric] = {value - 0.1, value + 0.1};
    return scored;
}

/// Two folds, one after the other less good.
inline Trial small_trial(int number, TrialState state, Point point,
                         const std::vector<double>& scores) {
    Trial trial{.number = number, .state = state, .point = std::move(point), .folds = {{}, {}}};
    for (int fold = 0; fold < 2; ++fold)
        for (std::size_t i = 0; i < scores.size(); ++i)
            trial.folds[static_cast<std::size_t>(fold)].push_back(
                {.epoch = static_cast<int>(i) + 1,
                 .train_loss = 1 - scores[i] / 3,
                 .lr = 0.001 / (1 + fold),
                 .seconds = 0.1 + fold,
                 .skipped_steps = fold,
                 .validation = small_metrics(scores[i] - 0.02 * fold)});
    return trial;
}

/// Of two questions of two categories, the second of which nobody answered.
inline Psychometrics small_psychometrics() {
    constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
    const ItemFit none{unknown, unknown, unknown, unknown};
    Psychometrics of;
    of.learners = 7;
    of.responses = 12;
    of.items = {{{5, 7}, 0.25, 0.125, {0.5}, {1.5, 1.25, 2.5, 2.25}, {0.75, 0.875, -1, -0.5}},
                {{0, 0}, unknown, unknown, {unknown}, none, none}};
    of.winner = {.ability = {7, 0.25, 1.5, unknown, {-1.5, 2, {3, 4}}},
                 .persons = {7, -0.125, 1.25, 2, {{"x", 4, -2.5}, {"y", 3, -1.75}}, {-2.5, 1, {7}}},
                 .dependence = {3, 1, -0.125, 0.25},
                 .held_out = HeldOutFit{2, 1, 4, -0.25, unknown}};
    of.classical = {.ability = {6, 0, 1, 0.75, {-1, 1, {6}}},
                    .persons = {6, 0, 1, 0, {}, {0, 0, {6}}},
                    .dependence = {0, 0, unknown, 0},
                    .held_out = {}};
    of.dependent = {{0, 1, 120, 0.375, unknown}};
    of.dependence_questions = 2;
    of.dependence_learners = 7;
    of.ability_correlation = 0.875;
    of.ability_between_learners = 0.625;
    of.ability_of_question = true;
    of.likelihood = LikelihoodFit{-123.25, 250.5, 260.75, 2};
    of.coefficient_alpha = {0.8125, 5};
    return of;
}

inline Study small_study() {
    Study study;
    study.dataset = "small";
    study.dataset_fingerprint = "0123456789abcdef";
    study.n_questions = 5;
    study.n_categories = 2;
    study.n_learners = 20;
    study.n_test_learners = 4;
    study.base.model = parse_model("attn_gpcm_learn");
    study.base.lr = 0.1 + 0.2;  // a number whose shortest text has 17 digits
    study.space = Space(
        {{.name = "memory_size",
          .kind = Parameter::Kind::choice,
          .low = 20,
          .high = 100,
          .choices = {20, 50, 100}},
         {.name = "dropout_rate",
          .kind = Parameter::Kind::choice,
          .low = 0,
          .high = 0.2,
          .choices = {0, 0.1, 0.2}},
         {.name = "optimizer",
          .kind = Parameter::Kind::choice,
          .low = 0,
          .high = 1,
          .choices = {0, 1},
          .labels = {"adam", "adamw"}},
         {.name = "lr", .low = 1e-4, .high = 1e-2, .log = true, .choices = {}},
         {.name = "grad_clip", .low = 0.5, .high = 5, .choices = {}},
         {.name = "n_cycles", .kind = Parameter::Kind::integer, .low = 1, .high = 4, .choices = {}},
         {.name = "weight_decay",
          .low = 1e-6,
          .high = 1e-3,
          .log = true,
          .choices = {},
          .condition = Condition{"optimizer", {1}, 0}}},
        {{"n_heads", Constraint::Relation::divides, "embed_dim"}}, {{{"n_heads", 4}}});
    study.sampler = "tpe";
    study.scheduler = "fixed";
    study.seed = 18446744073709551615u;
    study.n_folds = 2;
    study.epochs = 3;
    study.jobs = 2;
    const auto point = [](double memory_size, double dropout_rate, double optimizer, double lr,
                          double grad_clip, double n_cycles, double weight_decay) {
        return Point{{"memory_size", memory_size},  {"dropout_rate", dropout_rate},
                     {"optimizer", optimizer},      {"lr", lr},
                     {"grad_clip", grad_clip},      {"n_cycles", n_cycles},
                     {"weight_decay", weight_decay}};
    };
    study.trials = {
        small_trial(0, TrialState::complete, point(20, 0.1, 1, 0.0031, 1.25, 2, 2e-5),
                    {0.3, 0.4, 0.45}),
        small_trial(1, TrialState::complete, point(100, 0, 0, 1.0 / 300, 4.5, 4, 0),
                    {0.35, 0.5, 0.6}),
        small_trial(2, TrialState::pruned, point(50, 0.2, 1, 0.0001, 2.75, 1, 1e-3), {0.1}),
        small_trial(3, TrialState::failed, point(50, 0.2, 0, 0.01, 0.5, 3, 0), {}),
        small_trial(4, TrialState::complete, point(50, 0.1, 0, 0.005, 3, 2, 0), {0.4, 0.45, 0.55})};
    study.wall_seconds = 12.5;
    study.trials_asked = 8;
    study.winner = small_held_out("attn_gpcm_learn", 0.58);
    study.winner->without_first = small_metrics(0.6);
    study.winner->qwk_fitted = 0.62;
    study.by_skill = {{.skill = "fractions",
                       .responses = 7,
                       .winner = {{"qwk", 0.5}, {"cross_entropy", 1.25}},
                       .classical = {{"cross_entropy", 1.5}}}};
    study.by_position = {{.first = 3, .last = 4, .responses = 9, .winner = {}, .classical = {}}};
    study.folds_average = small_held_out(folds_average_name, 0.59);
    study.baselines = {small_held_out("majority", 0)};
    study.baselines_cv = {{.name = "majority",
                           .metrics = small_metrics(0),
                           .winner_differences = {{"qwk", {0.2, 0.4}}, {"mae", {-0.1, 0}}}}};
    study.ceiling = small_held_out(ceiling_name, 0.65);
    constexpr double unseen = std::numeric_limits<double>::quiet_NaN();
    study.portrait =
        Portrait{.items = {{"a", 12, {1.25, {-0.5}}, {1.5, {-0.25}}, ItemParameters{1.4, {-0.4}}},
                           {"b", 0, {unseen, {0.5}}, {1, {0}}, std::nullopt}},
                 .learners = {{"x", {0, 1}, {1, 0}, {0.1F, 0.2F}, {0, 0.3F}, 0.25},
                              {"y", {1}, {1}, {0.7F}, {0.1F}, std::nullopt}},
                 .held_out = true,
                 .recovery = {{"winner", 0.9, 0.8, 0.7, -0.125, 0.5}},
                 .explained = 0.875};
    study.psychometrics = small_psychometrics();
    return study;
}

/// One that searches over models.
inline Study study_of_models() {
    Study study = small_study();
    SpaceOfModels all = auto_space(default_hyperparameters);
    study.base = all.bases.front();
    study.further.assign(all.bases.begin() + 1, all.bases.end());
    study.space = std::move(all.space);
    study.trials.clear();
    return study;
}

inline void record_folds(const Trial& trial, OpenStudy& journal) {
    for (int fold = 0; fold < static_cast<int>(trial.folds.size()); ++fold)
        for (const EpochResult& epoch : trial.folds[static_cast<std::size_t>(fold)])
            journal.record_epochs({{{.trial = trial.number, .fold = fold, .result = epoch}}});
}

/// All of a study but its settings, with which `journal` was opened.
inline void record(const Study& study, OpenStudy& journal) {
    for (const Trial& trial : study.trials) {
        journal.create_trial(trial.point);
        record_folds(trial, journal);
        if (trial.state != TrialState::running) journal.finish(trial.number, trial.state);
    }
    journal.record_results(study);
}

}  // namespace manygpcm::search
