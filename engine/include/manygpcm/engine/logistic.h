// Logistic regression on what a learner has done so far: the baseline that knowledge tracing must
// beat (Best-LR of Gervet, Koedinger, Schneider, Mitchell: "When is deep learning the best approach
// to knowledge tracing?", JEDM 12(3), 2020), for any number of ordered categories.
#pragma once

#include <array>
#include <span>
#include <vector>

#include "manygpcm/engine/dataset.h"
#include "manygpcm/engine/stop.h"
#include "manygpcm/engine/work.h"

namespace manygpcm {

/// A response counts as r / (K-1) successes and as 1 - r / (K-1) failures. Of each the logarithm of
/// one more than the sum, over all of the learner's responses before and over those to the question
/// that is asked.
inline constexpr std::size_t n_practice_features = 4;

/// log P(r = k) is, up to a constant, sum_{j<=k} (intercept_qj + weight . features): adjacent
/// categories, as the GPCM has them; with two, logistic regression.
struct LogisticModel {
    int n_questions = 0, n_categories = 0;
    std::vector<double> intercept;  ///< [Q x (K-1)]
    std::array<double, n_practice_features> weight{};
};

/// Penalized maximum likelihood: half of the squares of all coefficients is subtracted, as
/// scikit-learn does by default. Newton's method; converges to the last digits.
/// @param which numbers of learners to fit to
/// @param observer  hears how near the fit has come; may be empty
/// @throws Interrupted where `stop` is set
LogisticModel fit_logistic(const LearnerSet& learners, std::span<const int> which,
                           StopFlag stop = nullptr, const WorkObserver& observer = {});

/// [responses, K] probabilities of every response given those before it.
/// @throws Interrupted where `stop` is set
std::vector<float> predict(const LogisticModel& model, Learners learners,
                           std::span<const int> which, StopFlag stop = nullptr);

}  // namespace manygpcm
