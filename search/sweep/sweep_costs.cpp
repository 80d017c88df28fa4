// Counted trial by trial, and on average over points that stand for the space.
#include "sweep/sweep_costs.h"

#include <cstddef>

#include "manygpcm/engine/detail/training_cost.h"
#include "manygpcm/search/sampler.h"

namespace manygpcm::search {

SweepCosts costs_of(const Settings& settings, const LearnerPool& learners) {
    constexpr int points = 200;         // that stand for the space
    constexpr double validation = 0.3;  // of a response, by training on it: forward alone
    const double folds = settings.n_folds, of_fold = (folds - 1 + validation) / folds;
    const LearnerSet searched{
        learners.all.first(static_cast<std::size_t>(learners.n_cross_validated)),
        learners.n_questions, learners.n_categories};
    SweepCosts costs{.of_fold_epoch =
                         [=, costs = EpochCosts(searched)](const Point& point) mutable {
                             return of_fold * costs.of(settings.at(point));
                         },
                     .usual = 0,
                     .refit = 1 / of_fold,
                     .scored_responses = 0};
    for (const Point& point : make_sampler("random", settings.space, settings.seed)->ask(points))
        costs.usual += costs.of_fold_epoch(point) / points;
    for (std::size_t i = 0; i < learners.all.size(); ++i)
        costs.scored_responses += static_cast<std::int64_t>(learners.all[i].questions.size());
    return costs;
}

}  // namespace manygpcm::search
