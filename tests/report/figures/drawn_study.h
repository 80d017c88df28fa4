// Studies as large as real ones without their training: points drawn from a built-in space, scores
// from a formula of them.
#pragma once

#include <cmath>
#include <string>
#include <utility>

#include "manygpcm/search/sampler.h"
#include "report/example_study.h"

namespace manygpcm::report {

/// `trials` of five folds and 15 epochs, or of fewer epochs where `rungs` and the trial isn't among
/// the best; every `failed_every`th has lost its scores.
inline search::Study drawn_study(ModelKind model, int trials, int failed_every = 0,
                                 bool rungs = false) {
    search::Study study = example_study();
    study.base.model = model;
    study.dataset = "drawn";
    study.space = search::published_space(model);
    study.n_categories = 4;
    study.n_folds = 5;
    study.epochs = 15;
    study.winner->name = to_string(model);
    study.trials.clear();
    for (search::Point& point :
         search::make_sampler("sobol", study.space, study.seed)->ask(trials)) {
        const int number = static_cast<int>(study.trials.size());
        const double lr = std::log10(point.at("lr"));
        const double level = 0.62 - 0.08 * (lr + 2.5) * (lr + 2.5) + 0.03 * std::sin(7.0 * number) +
                             0.0004 * point.at("memory_size");
        const bool failed = failed_every > 0 && number % failed_every == failed_every - 1;
        const int epochs = !rungs || level > 0.62 ? 15 : level > 0.58 ? 6 : 2;
        search::Trial trial{.number = number, .point = std::move(point), .folds = {}};
        for (int fold = 0; fold < study.n_folds; ++fold) {
            auto& results = trial.folds.emplace_back();
            for (int epoch = 1; epoch <= epochs; ++epoch) {
                EpochResult result;
                result.epoch = epoch;
                const double score = level * (1 - std::exp(-0.4 * epoch)) + 0.004 * (fold - 2);
                result.train_loss = 1.6 - score;
                result.lr = 0.001;
                result.seconds = 0.2 + 0.01 * (number % 13);
                result.validation = example_metrics(failed ? NAN : score, 1.2);
                results.push_back(result);
            }
        }
        if (epochs < study.epochs && !failed) trial.state = search::TrialState::pruned;
        trial.began = 1e9 + 2 * number;
        trial.ended = *trial.began + trial.seconds();
        study.trials.push_back(std::move(trial));
    }
    return study;
}

/// A search that has begun: one trial was stopped early, one runs, one waits.
inline search::Study running_study() {
    search::Study study = drawn_study(parse_model("deep_gpcm"), 3);
    study.winner.reset();
    study.portrait.reset();
    study.trials[0].state = search::TrialState::pruned;
    for (auto& fold : study.trials[0].folds)
        fold.resize(2);
    study.trials[1].state = search::TrialState::running;
    study.trials[1].folds.resize(1);
    study.trials[1].ended.reset();
    study.trials[2].state = search::TrialState::waiting;
    study.trials[2].folds.clear();
    study.trials[2].began.reset();
    study.trials[2].ended.reset();
    return study;
}

/// A search of which every trial failed in its first epoch, or was stopped after it.
inline search::Study unsuccessful_study(search::TrialState state) {
    search::Study study =
        drawn_study(parse_model("deep_gpcm"), 6, state == search::TrialState::failed ? 1 : 0);
    study.winner.reset();
    study.portrait.reset();
    for (search::Trial& trial : study.trials) {
        trial.state = state;
        for (auto& fold : trial.folds)
            fold.resize(1);
    }
    return study;
}

/// A study as one that Optuna wrote is read: long names, no figures but the values. Two of three
/// trials were pruned.
inline search::Study foreign_example() {
    search::Study study;
    study.foreign = true;
    study.objective = "value";
    study.dataset = "mnist";
    study.space = search::Space(
        {{.name = "learning_rate_of_the_encoder_optimizer",
          .low = 1e-5,
          .high = 1e-1,
          .log = true,
          .choices = {}},
         {.name = "activation_function_of_the_hidden_layers",
          .kind = search::Parameter::Kind::choice,
          .choices = {0, 1, 2},
          .labels = {"rectified_linear", "hyperbolic_tangent", "gaussian_error_linear"}},
         {.name = "depth",
          .kind = search::Parameter::Kind::integer,
          .low = 1,
          .high = 6,
          .choices = {}}});
    study.sampler = "random";
    study.seed = 0;
    study.n_folds = 1;
    study.epochs = 8;
    for (search::Point& point : search::make_sampler("sobol", study.space, 1)->ask(20)) {
        const int number = static_cast<int>(study.trials.size());
        search::Trial trial{.number = number, .point = std::move(point), .folds = {{}}};
        for (int step = 1; step <= (number % 3 == 0 ? 8 : 2); ++step) {
            EpochResult& result = trial.folds[0].emplace_back();
            result.epoch = step;
            result.validation["qwk"] =
                0.97 + std::log10(trial.point.at(study.space.parameters()[0].name)) / 400 -
                0.01 / step;
        }
        if (number % 3 != 0)
            trial.state = search::TrialState::pruned;
        else
            trial.value = trial.folds[0].back().validation["qwk"] + 0.002;
        trial.duration = 1 + number;
        study.trials.push_back(std::move(trial));
    }
    return study;
}

}  // namespace manygpcm::report
