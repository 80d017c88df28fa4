// A small study made by hand: six trials of three folds and three epochs, scored on learners held
// out.
#pragma once

#include <limits>

#include "manygpcm/search/study.h"

namespace manygpcm::report {

inline Metrics example_metrics(double qwk, double cross_entropy) {
    Metrics metrics;
    metrics.n = 120;
    metrics["qwk"] = qwk;
    metrics["qwk_median"] = qwk + 0.03;
    metrics["qwk_expected"] = qwk + 0.02;
    metrics["accuracy"] = 0.25 + qwk / 2;
    metrics["accuracy_within_one"] = 0.9;
    metrics["mae"] = 0.6;
    metrics["rmse"] = 0.9;
    metrics["kappa"] = qwk / 2;
    metrics["kendall_tau"] = 0.9 * qwk;
    metrics["spearman"] = qwk + 0.01;
    metrics["pearson"] = qwk + 0.01;
    metrics["cross_entropy"] = cross_entropy;
    metrics["expected_calibration_error"] = 0.04;
    metrics["auc"] = 0.5 + qwk / 2;
    metrics.confusion = {50, 10, 20, 40};
    metrics.categories = {{0.714286, 0.833333, 0.769231, 60}, {0.8, 0.666667, 0.727273, 60}};
    return metrics;
}

inline search::ScoredPredictor example_held_out(const char* name, double qwk,
                                                double cross_entropy) {
    search::ScoredPredictor scored{.name = name,
                                   .metrics = example_metrics(qwk, cross_entropy),
                                   .calibration = {{0, 0.5, 0, 0, 0}, {0.5, 1, 120, 0.79, 0.75}}};
    for (const auto& [metric, value] : scored.metrics.scalars())
        scored.intervals[metric] = {0.9 * value, 1.1 * value};
    return scored;
}

/// `baseline` scored beside a winner, the intervals of the differences being so wide to each side.
inline search::ScoredPredictor compared(search::ScoredPredictor baseline, const Metrics& winner,
                                        double half_width = 0.04) {
    baseline.winner_differences.clear();
    for (const auto& [metric, value] : baseline.metrics.scalars()) {
        const double difference = winner[metric] - value;
        baseline.winner_differences[metric] = {difference - half_width, difference + half_width};
    }
    return baseline;
}

/// A baseline of the example's, with the score that its winner is compared with.
inline search::ScoredPredictor example_baseline(const char* name, double qwk,
                                                double cross_entropy) {
    return compared(example_held_out(name, qwk, cross_entropy), example_metrics(0.63, 1.1));
}
inline search::ScoredPredictor example_baseline_cv(const char* name, double qwk,
                                                   double cross_entropy) {
    return compared({.name = name, .metrics = example_metrics(qwk, cross_entropy)},
                    example_metrics(0.64, 1.2));
}

/// A trial whose QWK is `epoch_scores` by epoch on fold 2, 0.01 less on fold 0, 0.01 more on
/// fold 1.
inline search::Trial example_trial(int number, search::Point point,
                                   const std::vector<double>& epoch_scores) {
    search::Trial trial{.number = number, .point = std::move(point), .folds = {}};
    for (const double shift : {-0.01, 0.01, 0.0}) {
        auto& fold = trial.folds.emplace_back();
        for (const double score : epoch_scores) {
            EpochResult epoch;
            epoch.epoch = static_cast<int>(fold.size()) + 1;
            epoch.train_loss = 1.5 - score;
            epoch.lr = 0.001;
            epoch.seconds = 0.25;
            epoch.validation = example_metrics(score + shift, 1.2);
            fold.push_back(epoch);
        }
    }
    return trial;
}

/// Of the example's two items, the second of which turns out the wrong way round.
inline search::Psychometrics example_psychometrics() {
    constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
    search::Psychometrics of;
    of.learners = 40;
    of.responses = 120;
    of.items = {{{30, 40}, 0.42, 0.2, {0.3}, {0.9, 0.95, -0.5, -0.4}, {1.1, 1.05, 0.8, 0.6}},
                {{20, 30}, 0.31, 0.15, {0.4}, {1.6, 1.4, 2.5, 2.2}, {1.3, 1.2, 1.9, 1.7}}};
    of.winner = {
        .ability = {40, 0.1, 0.8, unknown, {-1.5, 1.5, {10, 20, 10}}},
        .persons = {40, 0.02, 0.9, 2, {{"7", 12, -2.4}, {"3", 9, -1.2}}, {-2.4, 2, {20, 20}}},
        .dependence = {1, 0, 0.05, 0.04},
        .held_out = search::HeldOutFit{2, 1, 10, 0.1, 1.0}};
    of.classical = {.ability = {40, 0, 0.9, 0.81, {-2, 2, {5, 30, 5}}},
                    .persons = {40, -0.1, 1.1, 3, {{"7", 12, -3.1}}, {-3.1, 2, {10, 30}}},
                    .dependence = {1, 1, 0.3, 0.04},
                    .held_out = search::HeldOutFit{2, 1, 10, -0.1, 1.1}};
    of.classical_online = search::Dependence{1, 1, 0.25, 0.04};
    of.dependent = {{0, 1, 110, 0.3, 0.05, 0.25}};
    of.dependence_questions = 2;
    of.dependence_learners = 40;
    of.ability_correlation = 0.93;
    of.ability_between_learners = 0.75;
    of.ability_of_question = true;
    of.likelihood = search::LikelihoodFit{-70.5, 149, 155.76, 4};
    of.coefficient_alpha = {0.625, 36};
    return of;
}

inline search::Study example_study() {
    search::Study study;
    study.dataset = "example";
    study.n_questions = 12;
    study.n_categories = 2;
    study.n_learners = 40;
    study.n_test_learners = 10;
    study.base.model = parse_model("deep_gpcm");
    study.space = search::Space({
        {.name = "memory_size",
         .kind = search::Parameter::Kind::choice,
         .low = 20,
         .high = 100,
         .choices = {20, 50, 100}},
        {.name = "dropout_rate",
         .kind = search::Parameter::Kind::choice,
         .low = 0,
         .high = 0.2,
         .choices = {0, 0.1, 0.2}},
        {.name = "lr", .low = 1e-4, .high = 1e-2, .log = true, .choices = {}},
    });
    study.sampler = "random";
    study.scheduler = "fixed";
    study.seed = 42;
    study.n_folds = 3;
    study.epochs = 3;
    study.jobs = 2;
    const auto point = [](double memory_size, double dropout_rate, double lr) {
        return search::Point{
            {"memory_size", memory_size}, {"dropout_rate", dropout_rate}, {"lr", lr}};
    };
    study.trials = {
        example_trial(0, point(20, 0.1, 0.0002), {0.20, 0.25, 0.28}),
        example_trial(1, point(50, 0.2, 0.0009), {0.40, 0.48, 0.52}),
        example_trial(2, point(50, 0.0, 0.004), {0.50, 0.58, 0.62}),
        example_trial(3, point(100, 0.1, 0.0005), {0.30, 0.38, 0.43}),
        example_trial(4, point(100, 0.0, 0.00995), {0.55, 0.61, 0.64}),
        example_trial(5, point(20, 0.2, 0.007), {0.54, 0.60, 0.635}),
    };
    study.trials[1].folds[0][0].skipped_steps = 3;
    study.wall_seconds = 5.5;
    study.winner = example_held_out("deep_gpcm", 0.63, 1.1);
    study.winner->without_first = example_metrics(0.65, 1.05);
    study.winner->qwk_fitted = 0.66;
    study.by_position = {{.first = 1,
                          .last = 1,
                          .responses = 10,
                          .winner = {{"auc", 0.6}, {"qwk", 0.2}, {"cross_entropy", 1.3}},
                          .classical = {{"auc", 0.6}, {"cross_entropy", 1.31}}},
                         {.first = 9,
                          .last = 12,
                          .responses = 40,
                          .winner = {{"auc", 0.7}, {"qwk", 0.4}, {"cross_entropy", 1.1}},
                          .classical = {{"auc", 0.65}, {"qwk", 0.3}, {"cross_entropy", 1.15}}}};
    study.by_skill = {{.skill = "fractions",
                       .responses = 70,
                       .winner = {{"auc", 0.7}, {"qwk", 0.4}, {"cross_entropy", 1.1}},
                       .classical = {{"auc", 0.65}, {"qwk", 0.3}, {"cross_entropy", 1.15}}}};
    study.baselines = {example_baseline("majority", 0, 1.35),
                       example_baseline("item frequencies", 0.31, 1.25),
                       example_baseline(search::classical_name, 0.53, 1.15)};
    study.baselines_cv = {example_baseline_cv("majority", 0, 1.36),
                          example_baseline_cv("item frequencies", 0.3, 1.26),
                          example_baseline_cv(search::classical_name, 0.56, 1.23)};
    study.folds_average = example_baseline(search::folds_average_name, 0.64, 1.09);
    study.ceiling = example_baseline(search::ceiling_name, 0.66, 1.05);
    study.ceiling_cv = example_baseline_cv(search::ceiling_name, 0.67, 1.06);
    study.portrait = search::Portrait{
        .items = {{"0", 70, {1.1, {-0.2}}, {0.9, {-0.1}}, search::ItemParameters{1, {-0.15}}},
                  {"1", 50, {0.7, {0.6}}, {0.8, {0.5}}, search::ItemParameters{0.75, {0.4}}}},
        .learners = {{"40", {0, 1}, {1, 0}, {0, 0.3F}, {0, 0.2F}, 0.5}},
        .held_out = true,
        .recovery = {{"deep_gpcm", 0.8, 0.9, 0.85, 0.02, 0.5},
                     {search::classical_name, 0.9, 0.95, 0.9, -0.01, 0.4}},
        .explained = 0.875};
    study.psychometrics = example_psychometrics();
    return study;
}

/// As many trials as importances take: the first ones again behind the others.
inline search::Study with_eight_trials(search::Study study) {
    while (study.trials.size() < 8) {
        search::Trial again = study.trials[study.trials.size() - 6];
        again.number = static_cast<int>(study.trials.size());
        study.trials.push_back(std::move(again));
    }
    return study;
}

/// The same with a choice of words and an integer that is searched for one of them only.
inline search::Study example_study_with_words() {
    search::Study study = example_study();
    std::vector<search::Parameter> parameters = study.space.parameters();
    parameters.push_back({.name = "optimizer",
                          .kind = search::Parameter::Kind::choice,
                          .choices = {0, 1},
                          .labels = {"adam", "adamw"}});
    parameters.push_back({.name = "lr_patience",
                          .kind = search::Parameter::Kind::integer,
                          .low = 1,
                          .high = 9,
                          .choices = {},
                          .condition = search::Condition{"optimizer", {1}, 0}});
    study.space = search::Space(std::move(parameters));
    for (search::Trial& trial : study.trials) {
        trial.point["optimizer"] = 1;
        trial.point["lr_patience"] = 3;
    }
    return study;
}

}  // namespace manygpcm::report
