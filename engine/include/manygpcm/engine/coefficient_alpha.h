// How alike the questions of a test are, by raw scores alone.
#pragma once

#include <cstdint>
#include <limits>
#include <span>

#include "manygpcm/engine/dataset.h"

namespace manygpcm {

struct CoefficientAlpha {
    double value = std::numeric_limits<double>::quiet_NaN();
    std::int64_t learners = 0;  ///< who answered all questions
};

/// k / (k - 1) (1 - sum of the questions' variances / variance of the sum) (Cronbach 1951), of the
/// k questions that weren't answered alike by everybody, over the learners who answered all of
/// them, first responses. NaN where these are fewer than 30 or than half of the learners: who
/// answered all of many differs from who didn't.
/// @param which learners
CoefficientAlpha coefficient_alpha(const LearnerSet& learners, std::span<const int> which);

}  // namespace manygpcm
