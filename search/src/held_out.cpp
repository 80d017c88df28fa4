// Probabilities against responses, with the bootstrap over learners.
#include "held_out.h"

#include <cstdint>
#include <string>
#include <utility>

#include "manygpcm/engine/metrics.h"
#include "manygpcm/search/baselines.h"

namespace manygpcm {
namespace {

constexpr int bootstrap_resamples = 1000;

constexpr std::pair<Baseline, const char*> all_baselines[] = {
    {Baseline::majority, "majority"}, {Baseline::item_frequencies, "item frequencies"}};

// Responses of some learners laid end to end, with the steps' offsets.
struct Responses {
    std::vector<std::int32_t> values;
    std::vector<std::int32_t> offsets{0};
};

Responses responses_of(const std::vector<Learner>& learners, std::span<const int> which) {
    Responses responses;
    for (const int i : which) {
        const auto& values = learners[static_cast<std::size_t>(i)].responses;
        responses.values.insert(responses.values.end(), values.begin(), values.end());
        responses.offsets.push_back(static_cast<std::int32_t>(responses.values.size()));
    }
    return responses;
}

HeldOut score_held_out(std::string name, std::span<const float> probabilities,
                       const Responses& responses, const Study& study) {
    return {.name = std::move(name),
            .metrics = compute_metrics(probabilities, responses.values, study.n_categories),
            .intervals = bootstrap_intervals(probabilities, responses.values, study.n_categories,
                                             responses.offsets, bootstrap_resamples, study.seed)};
}

}  // namespace

// Each baseline fitted and scored fold by fold, exactly as a trial is: a kappa pooled over folds
// isn't comparable with a mean of theirs.
std::vector<HeldOut> cross_validate_baselines(const LearnerPool& learners,
                                              std::span<const Fold> folds, const Study& study) {
    std::vector<HeldOut> scored;
    for (const auto& [baseline, name] : all_baselines) {
        std::vector<Metrics> by_fold;
        for (const Fold& fold : folds)
            by_fold.push_back(compute_metrics(
                predict_baseline(baseline, learners.all, fold.train, fold.validation,
                                 study.n_questions, study.n_categories),
                responses_of(learners.all, fold.validation).values, study.n_categories));
        scored.push_back({.name = name, .metrics = mean_over_folds(by_fold), .intervals = {}});
    }
    return scored;
}

void score_on_held_out(Study& study, const LearnerPool& learners,
                       const std::optional<Model>& winner) {
    const std::vector<int> held_out = learners.held_out();
    if (held_out.empty()) return;
    const Responses responses = responses_of(learners.all, held_out);
    if (winner) {
        const Predictions predictions = predict(*winner, learners.all, held_out);
        study.winner = score_held_out(std::string(to_string(study.base.model)),
                                      predictions.probabilities, responses, study);
    }
    const std::vector<int> train = learners.cross_validated();
    for (const auto& [baseline, name] : all_baselines) {
        const auto probabilities = predict_baseline(baseline, learners.all, train, held_out,
                                                    study.n_questions, study.n_categories);
        study.baselines.push_back(score_held_out(name, probabilities, responses, study));
    }
}

}  // namespace manygpcm
