// Every predictor is fitted to the same learners as the winner and scored on the same others.
#include "study/final_scores.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <span>
#include <string>
#include <utility>

#include "manygpcm/engine/classical_gpcm.h"
#include "manygpcm/engine/consensus.h"
#include "manygpcm/engine/cut_points.h"
#include "manygpcm/engine/fold_interval.h"
#include "manygpcm/engine/logistic.h"
#include "manygpcm/engine/numbers_from.h"
#include "manygpcm/engine/responses_of.h"
#include "manygpcm/search/baselines.h"
#include "study/scored_parts.h"

namespace manygpcm::search {
namespace {

constexpr int bootstrap_resamples = 1000;

// Responses of some learners laid end to end, with the steps' offsets.
struct Responses {
    std::vector<std::int32_t> values;
    std::vector<std::int32_t> offsets;
};

Responses with_offsets(Learners learners, std::span<const int> which) {
    return {.values = responses_of(learners, which), .offsets = offsets_of(learners, which)};
}

bool enough(const Responses& of_learners) {
    return of_learners.offsets.size() > static_cast<std::size_t>(fewest_held_out);
}

ScoredPredictor score_held_out(std::string name, std::span<const float> probabilities,
                               const Responses& responses, const Study& study, StopFlag stop) {
    return {.name = std::move(name),
            .metrics = compute_metrics(probabilities, responses.values, study.n_categories),
            .intervals =
                enough(responses)
                    ? bootstrap_intervals(probabilities, responses.values, study.n_categories,
                                          responses.offsets, bootstrap_resamples, study.seed, stop)
                    : Intervals(),
            .calibration = calibration_bins(probabilities, responses.values, study.n_categories)};
}

/// With what the winner has more, where there is one.
ScoredPredictor score_beside(std::span<const float> by_winner, std::string name,
                             std::span<const float> probabilities, const Responses& responses,
                             const Study& study, StopFlag stop) {
    ScoredPredictor scored = score_held_out(std::move(name), probabilities, responses, study, stop);
    if (study.winner && enough(responses))
        scored.winner_differences =
            bootstrap_differences(by_winner, probabilities, responses.values, study.n_categories,
                                  responses.offsets, bootstrap_resamples, study.seed, stop);
    return scored;
}

std::vector<int> held_out_of(const Study& study, const LearnerSet& learners) {
    return numbers_from(study.n_learners, static_cast<int>(learners.all.size()));
}

/// Probabilities for the learners `which`, fitted to the learners `train`.
using Predictor =
    std::function<std::vector<float>(std::span<const int> train, std::span<const int> which)>;

struct NamedPredictor {
    std::string name;
    Predictor predict;
};

std::vector<NamedPredictor> baselines(const LearnerSet& learners, StopFlag stop) {
    const auto frequencies = [&](Baseline baseline) {
        return [&, baseline](std::span<const int> train, std::span<const int> which) {
            return predict_baseline(baseline, learners, train, which);
        };
    };
    return {{"majority", frequencies(Baseline::majority)},
            {"item frequencies", frequencies(Baseline::item_frequencies)},
            {logistic_name,
             [&, stop](std::span<const int> train, std::span<const int> which) {
                 return predict(fit_logistic(learners, train, stop), learners.all, which, stop);
             }},
            {classical_name, [&, stop](std::span<const int> train, std::span<const int> which) {
                 const ClassicalGpcm model = fit_classical_gpcm(learners, train, stop);
                 return predict(model, learners.all, which, stop).probabilities;
             }}};
}

/// The parameters that made the data, each learner's ability inferred from the past: no causal
/// model can be expected to do better.
NamedPredictor ceiling(const LearnerSet& learners, const Truth& truth, StopFlag stop) {
    ClassicalGpcm items =
        gpcm_with_thresholds(learners.n_categories, truth.discrimination, truth.threshold);
    return {ceiling_name, [&, stop, items = std::move(items), motion = truth.motion](
                              std::span<const int>, std::span<const int> which) {
                return predict(items, learners.all, which, stop, motion).probabilities;
            }};
}

// What `first` is above `second`, fold by fold, metric by metric.
Intervals differences(std::span<const Metrics> first, std::span<const Metrics> second) {
    Intervals intervals;
    for (const Metric& metric : metric_table()) {
        std::vector<double> by_fold;
        for (std::size_t fold = 0; fold < first.size(); ++fold)
            by_fold.push_back(first[fold][metric] - second[fold][metric]);
        // A metric may be missing in folds that an earlier version scored.
        if (!std::ranges::all_of(by_fold, [](double x) { return std::isfinite(x); })) continue;
        if (const auto interval = fold_interval(by_fold))
            intervals[std::string(metric.name)] = *interval;
    }
    return intervals;
}

// Fitted and scored fold by fold, exactly as a trial is: a kappa pooled over folds isn't comparable
// with a mean of theirs.
ScoredPredictor cross_validate(const NamedPredictor& predictor, Learners learners,
                               const std::vector<Fold>& folds, const Study& study) {
    std::vector<Metrics> by_fold;
    for (const Fold& fold : folds)
        by_fold.push_back(compute_metrics(predictor.predict(fold.train, fold.validation),
                                          responses_of(learners, fold.validation),
                                          study.n_categories));
    ScoredPredictor scored{.name = predictor.name, .metrics = mean_over_folds(by_fold)};
    if (const Trial* winner = study.best())
        scored.winner_differences = differences(winner->last_epochs(), by_fold);
    return scored;
}

void score_parts(Study& study, const Dataset& dataset, const PredictedResponses& predicted) {
    study.by_skill = by_skill(predicted, dataset.skills, study);
    study.by_position = by_position(predicted, study);
}

}  // namespace

void score_finally(Study& study, const Dataset& dataset, const LearnerSet& learners,
                   const std::vector<Fold>& folds, const std::optional<Model>& winner,
                   StopFlag stop) {
    study.winner.reset();
    study.folds_average.reset();
    study.baselines.clear();
    study.baselines_cv.clear();
    study.by_skill.clear();
    study.by_position.clear();
    const std::vector<int> train = numbers_from(0, study.n_learners);
    const std::vector<int> held_out = held_out_of(study, learners);
    const Responses responses = with_offsets(learners.all, held_out);
    std::vector<float> by_winner;
    if (winner && !held_out.empty()) {
        by_winner = predict(*winner, learners.all, held_out, stop).probabilities;
        study.winner = score_held_out(std::string(to_string(winner->config.hyperparameters.model)),
                                      by_winner, responses, study, stop);
        study.winner->without_first = metrics_without_first(by_winner, responses.values,
                                                            study.n_categories, responses.offsets);
        if (!winner->cut_points.empty())
            study.winner->qwk_fitted = kappa_of_cut_points(by_winner, responses.values,
                                                           study.n_categories, winner->cut_points);
    }
    const auto score = [&](const NamedPredictor& predictor) {
        const std::vector<float> predicted = predictor.predict(train, held_out);
        if (study.winner && predictor.name == classical_name) {
            PredictedResponses parts;
            parts.add(learners.all, held_out, by_winner, predicted);
            score_parts(study, dataset, parts);
        }
        return score_beside(by_winner, predictor.name, predicted, responses, study, stop);
    };

    for (const NamedPredictor& baseline : baselines(learners, stop)) {
        study.baselines_cv.push_back(cross_validate(baseline, learners.all, folds, study));
        if (!held_out.empty()) study.baselines.push_back(score(baseline));
    }
    if (dataset.truth) {
        const NamedPredictor best = ceiling(learners, *dataset.truth, stop);
        study.ceiling_cv = cross_validate(best, learners.all, folds, study);
        if (!held_out.empty()) study.ceiling = score(best);
    }
    if (!winner) return;
    const ClassicalGpcm classical = fit_classical_gpcm(learners, train, stop);
    study.portrait = portray(*winner, classical, learners, study.n_learners, dataset.question_ids,
                             dataset.truth, stop);
    study.psychometrics = psychometrics_of(*winner, classical, learners, study.n_learners, stop);
}

bool lacks_portrait(const Study& study) {
    return !study.psychometrics || !study.psychometrics->likelihood ||
           (study.n_test_learners > 0 && study.by_position.empty());
}

void score_portrait(Study& study, const Dataset& dataset, const LearnerSet& learners,
                    const Model& winner, StopFlag stop) {
    const ClassicalGpcm classical =
        fit_classical_gpcm(learners, numbers_from(0, study.n_learners), stop);
    study.portrait = portray(winner, classical, learners, study.n_learners, dataset.question_ids,
                             dataset.truth, stop);
    study.psychometrics = psychometrics_of(winner, classical, learners, study.n_learners, stop);
    const std::vector<int> held_out = held_out_of(study, learners);
    if (held_out.empty()) return;
    PredictedResponses parts;
    parts.add(learners.all, held_out, predict(winner, learners.all, held_out, stop).probabilities,
              predict(classical, learners.all, held_out, stop).probabilities);
    score_parts(study, dataset, parts);
}

bool lacks_fold_models(const Study& study) {
    return study.n_test_learners > 0 ? !study.folds_average : study.by_position.empty();
}

void score_fold_models(Study& study, const Dataset& dataset, const LearnerSet& learners,
                       const std::vector<Fold>& folds, std::span<const Model> models,
                       const Model& winner, StopFlag stop) {
    const std::vector<int> held_out = held_out_of(study, learners);
    if (held_out.empty()) {
        PredictedResponses predicted;
        for (std::size_t i = 0; i < folds.size(); ++i) {
            const std::vector<int>& which = folds[i].validation;
            const ClassicalGpcm classical = fit_classical_gpcm(learners, folds[i].train, stop);
            predicted.add(learners.all, which,
                          predict(models[i], learners.all, which, stop).probabilities,
                          predict(classical, learners.all, which, stop).probabilities);
        }
        score_parts(study, dataset, predicted);
        return;
    }
    std::vector<Predictions> of_folds;
    for (const Model& model : models)
        of_folds.push_back(predict(model, learners.all, held_out, stop));
    study.folds_average = score_beside(predict(winner, learners.all, held_out, stop).probabilities,
                                       folds_average_name, average(of_folds).mean.probabilities,
                                       with_offsets(learners.all, held_out), study, stop);
}

}  // namespace manygpcm::search
