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
#include "study/usual_seconds.h"

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
                         const std::vector<Fold>& folds, StopFlag stop,
                         std::function<void(const WorkState&)> observer)
    : study_(study),
      dataset_(dataset),
      learners_(learners),
      folds_(folds),
      stop_(stop),
      observer_(std::move(observer)),
      cross_validated_(numbers_from(0, study.n_learners)),
      held_out_(numbers_from(study.n_learners, static_cast<int>(learners.all.size()))),
      classical_(folds.size() + 1) {}

const std::vector<int>& FinalScores::train_of(Split split) const {
    return split == all() ? cross_validated_ : folds_[split].train;
}

const ClassicalGpcm& FinalScores::classical_of(Split split, const WorkObserver& observer) {
    std::optional<ClassicalGpcm>& fitted = classical_[split];
    if (!fitted)
        fitted = fit_classical_gpcm(learners_, train_of(split), stop_, study_.classical_prior(),
                                    observer);
    return *fitted;
}

FinalScores::Predict FinalScores::by_classical(Split split, const WorkObserver& observer) {
    return [this, predictor = std::make_shared<const ClassicalPredictor>(
                      classical_of(split, observer))](std::span<const int> which) {
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
        return [this, baseline](Split split, const WorkObserver&) -> Predict {
            return [this, model = FrequencyModel(baseline, learners_, train_of(split))](
                       std::span<const int> which) { return model.predict(learners_.all, which); };
        };
    };
    using Usual = UsualSeconds;
    return {
        {"majority", frequencies(Baseline::majority), Usual::count, Usual::count},
        {"item frequencies", frequencies(Baseline::item_frequencies), Usual::count, Usual::count},
        {logistic_name,
         [this](Split split, const WorkObserver& observer) -> Predict {
             return [this, model = fit_logistic(learners_, train_of(split), stop_, observer)](
                        std::span<const int> which) {
                 return predict(model, learners_.all, which, stop_);
             };
         },
         Usual::fit_logistic, Usual::predict_logistic},
        {classical_name,
         [this](Split split, const WorkObserver& observer) {
             return by_classical(split, observer);
         },
         Usual::fit_classical, Usual::predict_classical}};
}

/// The parameters that made the data, each learner's ability inferred from the past: no causal
/// model can be expected to do better.
FinalScores::NamedPredictor FinalScores::ceiling(const Truth& truth) const {
    ClassicalGpcm items =
        gpcm_with_thresholds(learners_.n_categories, truth.discrimination, truth.threshold);
    return {ceiling_name,
            [this, items = std::move(items), motion = truth.motion](
                Split, const WorkObserver&) -> Predict {
                return [this, &motion,
                        predictor = std::make_shared<const ClassicalPredictor>(items)](
                           std::span<const int> which) {
                    return predictor->predict(learners_.all, which, stop_, motion).probabilities;
                };
            },
            0, UsualSeconds::predict_classical};
}

void FinalScores::for_parts(std::span<const int> which, const Predict& predict,
                            const WorkObserver& observer, const PartVisitor& visit) const {
    std::size_t done = 0;
    for (const std::span<const int> part : parts_of(learners_.all, which)) {
        visit({.which = part,
               .probabilities = predict(part),
               .responses = responses_of(learners_.all, part),
               .offsets = offsets_of(learners_.all, part)});
        done += part.size();
        if (observer) observer(static_cast<double>(done) / static_cast<double>(which.size()));
    }
}

// Fitted and scored fold by fold, exactly as a trial is: a kappa pooled over folds isn't comparable
// with a mean of theirs.
void FinalScores::plan_cross_validation(Agenda& agenda, const NamedPredictor& predictor,
                                        const std::function<void(ScoredPredictor)>& take) const {
    const auto by_fold = std::make_shared<std::vector<Metrics>>();
    for (std::size_t fold = 0; fold < folds_.size(); ++fold) {
        const double to_fit = predictor.fit_seconds * responses(learners_.all, train_of(fold)),
                     to_score = (predictor.predict_seconds + UsualSeconds::score) *
                                responses(learners_.all, folds_[fold].validation),
                     fitted = to_fit / (to_fit + to_score);
        agenda.add(predictor.name, to_fit + to_score, [=, this](const WorkObserver& observer) {
            RunningMetrics metrics(study_.n_categories);
            const Predict predict = predictor.fit(fold, share_of(observer, 0, fitted));
            for_parts(folds_[fold].validation, predict, share_of(observer, fitted, 1),
                      [&](const PredictedPart& part) {
                          metrics.add(part.probabilities, part.responses);
                      });
            by_fold->push_back(metrics.metrics());
            if (by_fold->size() < folds_.size()) return;
            ScoredPredictor scored{.name = predictor.name, .metrics = mean_over_folds(*by_fold)};
            if (const Trial* winner = study_.best())
                scored.winner_differences = differences(winner->last_epochs(), *by_fold);
            take(std::move(scored));
        });
    }
}

bool FinalScores::enough_to_draw() const {
    return static_cast<int>(held_out_.size()) >= fewest_held_out;
}

ScoredPredictor FinalScores::score_held_out(std::string name, const Predict& predict,
                                            std::span<const double> cut_points,
                                            std::optional<ResampledMetrics>& drawn,
                                            const WorkObserver& observer,
                                            const PartVisitor& visit) const {
    RunningMetrics metrics(study_.n_categories, cut_points);
    Calibration calibration(study_.n_categories);
    ScoredLearners to_draw(study_.n_categories);
    const bool enough = enough_to_draw();
    const double to_predict = UsualSeconds::predict_classical + UsualSeconds::score,
                 predicted = enough ? to_predict / (to_predict + UsualSeconds::draw) : 1;
    for_parts(held_out_, predict, share_of(observer, 0, predicted), [&](const PredictedPart& part) {
        metrics.add(part.probabilities, part.responses);
        calibration.add(part.probabilities, part.responses);
        if (enough) to_draw.add(part.probabilities, part.responses, part.offsets);
        visit(part);
    });
    if (enough)
        drawn = to_draw.resampled(bootstrap_resamples, study_.seed, stop_,
                                  share_of(observer, predicted, 1));
    ScoredPredictor scored{.name = std::move(name),
                           .metrics = metrics.metrics(),
                           .intervals = drawn ? drawn->intervals() : Intervals(),
                           .calibration = calibration.bins()};
    if (!cut_points.empty()) scored.qwk_fitted = metrics.kappa_of_cut_points();
    return scored;
}

ScoredPredictor FinalScores::score_beside(std::string name, const Predict& predict,
                                          const WorkObserver& observer,
                                          const PartVisitor& visit) const {
    std::optional<ResampledMetrics> drawn;
    ScoredPredictor scored = score_held_out(std::move(name), predict, {}, drawn, observer, visit);
    if (winner_ && drawn) scored.winner_differences = winner_->intervals_above(*drawn);
    return scored;
}

double FinalScores::held_out_seconds(double predict_seconds) const {
    const double each =
        predict_seconds + UsualSeconds::score + (enough_to_draw() ? UsualSeconds::draw : 0);
    return each * responses(learners_.all, held_out_);
}

double FinalScores::winner_seconds(const Model& winner) const {
    return usual_seconds_to_predict(winner, learners_) /
           (responses(learners_.all, cross_validated_) + responses(learners_.all, held_out_));
}

void FinalScores::plan_held_out(Agenda& agenda, const NamedPredictor& predictor,
                                const PartVisitor& visit,
                                const std::function<void(ScoredPredictor)>& take) const {
    const double to_fit = predictor.fit_seconds * responses(learners_.all, cross_validated_),
                 to_score = held_out_seconds(predictor.predict_seconds),
                 fitted = to_fit / (to_fit + to_score);
    agenda.add(predictor.name, to_fit + to_score, [=, this](const WorkObserver& observer) {
        const Predict predict = predictor.fit(all(), share_of(observer, 0, fitted));
        take(score_beside(predictor.name, predict, share_of(observer, fitted, 1), visit));
    });
}

void FinalScores::plan_winner(Agenda& agenda, const Model& winner, ScoredParts& parts) {
    agenda.add(
        "winner", held_out_seconds(winner_seconds(winner)), [&](const WorkObserver& observer) {
            RunningMetrics later(study_.n_categories);
            study_.winner = score_held_out(
                std::string(to_string(winner.config.hyperparameters.model)), by_model(winner),
                winner.cut_points, winner_, observer, [&](const PredictedPart& part) {
                    later.add_without_first(part.probabilities, part.responses, part.offsets);
                    parts.add(PredictedBy::winner, learners_.all, part.which, part.probabilities);
                });
            study_.winner->without_first = later.metrics();
        });
}

void FinalScores::plan_description(Agenda& agenda, const Model& winner) {
    const double fitted = responses(learners_.all, cross_validated_),
                 predicted = fitted + responses(learners_.all, held_out_),
                 each = winner_seconds(winner) + UsualSeconds::predict_classical +
                        UsualSeconds::judge + 3 * UsualSeconds::psychometrics;
    agenda.add("description", each * predicted, [&](const WorkObserver& observer) {
        const ClassicalGpcm& classical = classical_of(all());
        Portrayer portrayer(winner, classical, learners_, study_.n_learners, dataset_.question_ids,
                            dataset_.truth, stop_);
        study_.psychometrics =
            psychometrics_of(winner, classical, learners_, study_.n_learners, stop_, &portrayer,
                             observer, study_.classical_prior());
        study_.portrait = portrayer.take();
    });
}

void FinalScores::plan_classical_of(Agenda& agenda, Split split) {
    agenda.add(classical_name,
               UsualSeconds::fit_classical * responses(learners_.all, train_of(split)),
               [this, split](const WorkObserver& observer) { classical_of(split, observer); });
}

void FinalScores::score(const std::optional<Model>& winner, std::span<const Model> of_folds) {
    study_.winner.reset();
    study_.folds_average.reset();
    study_.baselines.clear();
    study_.baselines_cv.clear();
    study_.by_skill.clear();
    study_.by_position.clear();
    ScoredParts parts(dataset_.skills, study_);
    const bool any_held_out = !held_out_.empty();
    const auto into = [](auto& list) {
        return [&list](ScoredPredictor scored) { list.push_back(std::move(scored)); };
    };
    Agenda agenda;
    if (winner && any_held_out) plan_winner(agenda, *winner, parts);
    for (const NamedPredictor& baseline : baselines()) {
        plan_cross_validation(agenda, baseline, into(study_.baselines_cv));
        if (!any_held_out) continue;
        const bool in_parts = winner && baseline.name == classical_name;
        plan_held_out(
            agenda, baseline,
            [&, in_parts](const PredictedPart& part) {
                if (in_parts)
                    parts.add(PredictedBy::classical, learners_.all, part.which,
                              part.probabilities);
            },
            into(study_.baselines));
    }
    if (dataset_.truth) {
        const auto as = [](std::optional<ScoredPredictor>& one) {
            return [&one](ScoredPredictor scored) { one = std::move(scored); };
        };
        const NamedPredictor best = ceiling(*dataset_.truth);
        plan_cross_validation(agenda, best, as(study_.ceiling_cv));
        if (any_held_out)
            plan_held_out(
                agenda, best, [](const PredictedPart&) {}, as(study_.ceiling));
    }
    if (winner) {
        if (!any_held_out) plan_classical_of(agenda, all());
        plan_description(agenda, *winner);
        plan_fold_models(agenda, of_folds, *winner);
    }
    agenda.run(observer_);
    if (winner && any_held_out) keep(study_, parts);
}

void FinalScores::plan_parts(Agenda& agenda, const Model& winner, Split split,
                             const std::vector<int>& which, ScoredParts& parts) {
    const double n = responses(learners_.all, which);
    const auto add = [&](const std::string& kind, double each, PredictedBy by,
                         const auto& predict) {
        agenda.add(kind, n * (each + UsualSeconds::score),
                   [&, this, by, predict](const WorkObserver& observer) {
                       for_parts(which, predict(), observer, [&](const PredictedPart& part) {
                           parts.add(by, learners_.all, part.which, part.probabilities);
                       });
                   });
    };
    add("winner", winner_seconds(winner), PredictedBy::winner,
        [this, &winner] { return by_model(winner); });
    add("classical predictions", UsualSeconds::predict_classical, PredictedBy::classical,
        [this, split] { return by_classical(split); });
}

bool lacks_portrait(const Study& study) {
    return !study.psychometrics || !study.psychometrics->likelihood ||
           (study.n_test_learners > 0 && study.by_position.empty());
}

void FinalScores::portray(const Model& winner) {
    Agenda agenda;
    plan_classical_of(agenda, all());
    plan_description(agenda, winner);
    ScoredParts parts(dataset_.skills, study_);
    if (!held_out_.empty()) plan_parts(agenda, winner, all(), held_out_, parts);
    agenda.run(observer_);
    if (!held_out_.empty()) keep(study_, parts);
}

bool lacks_fold_models(const Study& study) {
    return study.n_test_learners > 0 ? !study.folds_average : study.by_position.empty();
}

void FinalScores::plan_fold_models(Agenda& agenda, std::span<const Model> models,
                                   const Model& winner) {
    if (models.empty()) return;
    if (held_out_.empty()) {
        const auto parts = std::make_shared<ScoredParts>(dataset_.skills, study_);
        for (std::size_t fold = 0; fold < folds_.size(); ++fold)
            plan_parts(agenda, models[fold], fold, folds_[fold].validation, *parts);
        agenda.add("parts", 0, [this, parts](const WorkObserver&) { keep(study_, *parts); });
        return;
    }
    const auto n_models = static_cast<double>(models.size());
    agenda.add("winner", held_out_seconds(n_models * winner_seconds(winner)),
               [&, models, n_models](const WorkObserver& observer) {
                   const auto nothing = [](const PredictedPart&) {};
                   // Of a winner that is on record the draws aren't.
                   const double drawn = winner_ || !enough_to_draw() ? 0 : 1 / (n_models + 1);
                   if (drawn > 0)
                       score_held_out("", by_model(winner), {}, winner_,
                                      share_of(observer, 0, drawn), nothing);
                   study_.folds_average = score_beside(
                       folds_average_name,
                       [&](std::span<const int> which) {
                           std::vector<Predictions> of_folds;
                           for (const Model& model : models)
                               of_folds.push_back(predict(model, learners_.all, which, stop_));
                           return average(std::move(of_folds)).mean.probabilities;
                       },
                       share_of(observer, drawn, 1), nothing);
               });
}

void FinalScores::score_fold_models(std::span<const Model> models, const Model& winner) {
    Agenda agenda;
    for (std::size_t fold = 0; held_out_.empty() && fold < folds_.size(); ++fold)
        plan_classical_of(agenda, fold);
    plan_fold_models(agenda, models, winner);
    agenda.run(observer_);
}

}  // namespace manygpcm::search
