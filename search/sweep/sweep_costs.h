// What the parts of a sweep cost before anything was trained, as training_cost.h counts it.
#pragma once

#include <cstdint>
#include <functional>

#include "manygpcm/search/settings.h"
#include "sweep/learner_pool.h"

namespace manygpcm::search {

/// What a sweep's parts cost, in a unit of their own.
struct SweepCosts {
    std::function<double(const Point&)> of_fold_epoch;  ///< on the learners of one fold
    double usual = 1;                                   ///< the same, on average over the space
    double refit = 1;                   ///< of an epoch on all learners, by that of a fold's
    std::int64_t scored_responses = 0;  ///< in the end, by the winner and beside it
};

/// @param learners outlive it
SweepCosts costs_of(const Settings& settings, const LearnerPool& learners);

}  // namespace manygpcm::search
