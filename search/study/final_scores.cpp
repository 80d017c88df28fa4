// Every predictor is fitted to the same learners as the winner and scored on the same others.
#include "study/final_scores.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>

#include "manygpcm/engine/calibration.h"
#include "manygpcm/engine/consensus.h"
#include "manygpcm/engine/fold_interval.h"
#include "manygpcm/engine/logistic.h"
#include "manygpcm/engine/numbers_from.h"
#include "manygpcm/engine/parts_of.h"
#include "manygpcm/engine/responses_of.h"
#include "manygpcm/engine/running_metrics.h"
#include "manygpcm/search/baselines.h"
#include "study/scored_parts.h"

namespace manygpcm::search {
namespace {

constexpr int bootstrap_resamples = 1000;

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

void keep(Study& study, ScoredParts& parts) {
    study.by_skill = parts.by_skill();
    study.by_position = parts.by_position();
}

}  // namespace

/// Some learners' responses laid end to end, and what one predictor says of them.
struct FinalScores::PredictedPart {
    std::span<const int> which;
    std::vector<float> probabilities;
    std::vector<std::int32_t> responses, offsets;
};

FinalScores::FinalScores(Study& study, const Dataset& dataset, const LearnerSet& learners,
                         const std::vector<Fold>& folds, StopFlag stop)
    : study_(study),
      dataset_(dataset),
      learners_(learners),
      folds_(folds),
      stop_(stop),
      cross_validated_(numbers_from(0, study.n_learners)),
      held_out_(numbers_from(study.n_learners, static_cast<int>(learners.all.size()))),
      classical_(folds.size() + 1) {}

const std::vector<int>& FinalScores::train_of(Split split) const {
    return split == all() ? cross_validated_ : folds_[split].train;
}

const ClassicalGpcm& FinalScores::classical_of(Split split) {
    std::optional<ClassicalGpcm>& fitted = classical_[split];
    if (!fitted) fitted = fit_classical_gpcm(learners_, train_of(split), stop_);
    return *fitted;
}

FinalScores::Predict FinalScores::by_classical(Split split) {
    return [this, predictor = std::make_shared<const ClassicalPredictor>(classical_of(split))](
               std::span<const int> which) {
        return predictor->predict(learners_.all, which, stop_).probabilities;
    };
}

FinalScores::Predict FinalScores::by_model(const Model& model) const {
    return [this, &model](std::span<const int> which) {
        return predict(model, learners_.all, which, stop_).probabilities;
    };
}

std::vector<FinalScores::NamedPredictor> FinalScores::baselines() {
    const auto frequencies = [this](Baseline baseline) {
        return [this, baseline](Split split) -> Predict {
            return [this, model = FrequencyModel(baseline, learners_, train_of(split))](
                       std::span<const int> which) { return model.predict(learners_.all, which); };
        };
    };
    return {{"majority", frequencies(Baseline::majority)},
            {"item frequencies", frequencies(Baseline::item_frequencies)},
            {logistic_name,
             [this](Split split) -> Predict {
                 return [this, model = fit_logistic(learners_, train_of(split), stop_)](
                            std::span<const int> which) {
                     return predict(model, learners_.all, which, stop_);
                 };
             }},
            {classical_name, [this](Split split) { return by_classical(split); }}};
}

/// The parameters that made the data, each learner's ability inferred from the past: no causal
/// model can be expected to do better.
FinalScores::NamedPredictor FinalScores::ceiling(const Truth& truth) const {
    ClassicalGpcm items =
        gpcm_with_thresholds(learners_.n_categories, truth.discrimination, truth.threshold);
    return {
        ceiling_name, [this, items = std::move(items), motion = truth.motion](Split) -> Predict {
            return [this, &motion, predictor = std::make_shared<const ClassicalPredictor>(items)](
                       std::span<const int> which) {
                return predictor->predict(learners_.all, which, stop_, motion).probabilities;
            };
        }};
}

void FinalScores::for_parts(std::span<const int> which, const Predict& predict,
                            const PartVisitor& visit) const {
    for (const std::span<const int> part : parts_of(learners_.all, which))
        visit({.which = part,
               .probabilities = predict(part),
               .responses = responses_of(learners_.all, part),
               .offsets = offsets_of(learners_.all, part)});
}

// Fitted and scored fold by fold, exactly as a trial is: a kappa pooled over folds isn't comparable
// with a mean of theirs.
ScoredPredictor FinalScores::cross_validate(const NamedPredictor& predictor) const {
    std::vector<Metrics> by_fold;
    for (std::size_t fold = 0; fold < folds_.size(); ++fold) {
        RunningMetrics metrics(study_.n_categories);
        for_parts(folds_[fold].validation, predictor.fit(fold), [&](const PredictedPart& part) {
            metrics.add(part.probabilities, part.responses);
        });
        by_fold.push_back(metrics.metrics());
    }
    ScoredPredictor scored{.name = predictor.name, .metrics = mean_over_folds(by_fold)};
    if (const Trial* winner = study_.best())
        scored.winner_differences = differences(winner->last_epochs(), by_fold);
    return scored;
}

bool FinalScores::enough_to_draw() const {
    return static_cast<int>(held_out_.size()) >= fewest_held_out;
}

ScoredPredictor FinalScores::score_held_out(std::string name, const Predict& predict,
                                            std::span<const double> cut_points,
                                            std::optional<ResampledMetrics>& drawn,
                                            const PartVisitor& visit) const {
    RunningMetrics metrics(study_.n_categories, cut_points);
    Calibration calibration(study_.n_categories);
    ScoredLearners to_draw(study_.n_categories);
    const bool enough = enough_to_draw();
    for_parts(held_out_, predict, [&](const PredictedPart& part) {
        metrics.add(part.probabilities, part.responses);
        calibration.add(part.probabilities, part.responses);
        if (enough) to_draw.add(part.probabilities, part.responses, part.offsets);
        visit(part);
    });
    if (enough) drawn = to_draw.resampled(bootstrap_resamples, study_.seed, stop_);
    ScoredPredictor scored{.name = std::move(name),
                           .metrics = metrics.metrics(),
                           .intervals = drawn ? drawn->intervals() : Intervals(),
                           .calibration = calibration.bins()};
    if (!cut_points.empty()) scored.qwk_fitted = metrics.kappa_of_cut_points();
    return scored;
}

ScoredPredictor FinalScores::score_beside(std::string name, const Predict& predict,
                                          const PartVisitor& visit) const {
    std::optional<ResampledMetrics> drawn;
    ScoredPredictor scored = score_held_out(std::move(name), predict, {}, drawn, visit);
    if (winner_ && drawn) scored.winner_differences = winner_->intervals_above(*drawn);
    return scored;
}

void FinalScores::score(const std::optional<Model>& winner) {
    study_.winner.reset();
    study_.folds_average.reset();
    study_.baselines.clear();
    study_.baselines_cv.clear();
    study_.by_skill.clear();
    study_.by_position.clear();
    ScoredParts parts(dataset_.skills, study_);
    if (winner && !held_out_.empty()) {
        RunningMetrics later(study_.n_categories);
        bool any_later = false;
        study_.winner = score_held_out(
            std::string(to_string(winner->config.hyperparameters.model)), by_model(*winner),
            winner->cut_points, winner_, [&](const PredictedPart& part) {
                if (later.add_without_first(part.probabilities, part.responses, part.offsets))
                    any_later = true;
                parts.add(PredictedBy::winner, learners_.all, part.which, part.probabilities);
            });
        study_.winner->without_first = any_later ? later.metrics() : Metrics();
    }
    for (const NamedPredictor& baseline : baselines()) {
        study_.baselines_cv.push_back(cross_validate(baseline));
        if (held_out_.empty()) continue;
        const bool in_parts = winner && baseline.name == classical_name;
        study_.baselines.push_back(
            score_beside(baseline.name, baseline.fit(all()), [&](const PredictedPart& part) {
                if (in_parts)
                    parts.add(PredictedBy::classical, learners_.all, part.which,
                              part.probabilities);
            }));
    }
    if (dataset_.truth) {
        const NamedPredictor best = ceiling(*dataset_.truth);
        study_.ceiling_cv = cross_validate(best);
        if (!held_out_.empty())
            study_.ceiling = score_beside(best.name, best.fit(all()), [](const PredictedPart&) {});
    }
    if (!winner) return;
    if (!held_out_.empty()) keep(study_, parts);
    describe(*winner);
}

void FinalScores::describe(const Model& winner) {
    const ClassicalGpcm& classical = classical_of(all());
    Portrayer portrayer(winner, classical, learners_, study_.n_learners, dataset_.question_ids,
                        dataset_.truth, stop_);
    study_.psychometrics =
        psychometrics_of(winner, classical, learners_, study_.n_learners, stop_, &portrayer);
    study_.portrait = portrayer.take();
}

void FinalScores::add_parts(const Model& winner, Split split, std::span<const int> which,
                            ScoredParts& parts) {
    for (const auto& [by, predict] : {std::pair(PredictedBy::winner, by_model(winner)),
                                      {PredictedBy::classical, by_classical(split)}})
        for_parts(which, predict, [&, by = by](const PredictedPart& part) {
            parts.add(by, learners_.all, part.which, part.probabilities);
        });
}

bool lacks_portrait(const Study& study) {
    return !study.psychometrics || !study.psychometrics->likelihood ||
           (study.n_test_learners > 0 && study.by_position.empty());
}

void FinalScores::portray(const Model& winner) {
    describe(winner);
    if (held_out_.empty()) return;
    ScoredParts parts(dataset_.skills, study_);
    add_parts(winner, all(), held_out_, parts);
    keep(study_, parts);
}

bool lacks_fold_models(const Study& study) {
    return study.n_test_learners > 0 ? !study.folds_average : study.by_position.empty();
}

void FinalScores::score_fold_models(std::span<const Model> models, const Model& winner) {
    const auto nothing = [](const PredictedPart&) {};
    if (held_out_.empty()) {
        ScoredParts parts(dataset_.skills, study_);
        for (std::size_t fold = 0; fold < folds_.size(); ++fold)
            add_parts(models[fold], fold, folds_[fold].validation, parts);
        keep(study_, parts);
        return;
    }
    if (!winner_ && enough_to_draw()) score_held_out("", by_model(winner), {}, winner_, nothing);
    study_.folds_average = score_beside(
        folds_average_name,
        [&](std::span<const int> which) {
            std::vector<Predictions> of_folds;
            for (const Model& model : models)
                of_folds.push_back(predict(model, learners_.all, which, stop_));
            return average(std::move(of_folds)).mean.probabilities;
        },
        nothing);
}

}  // namespace manygpcm::search
