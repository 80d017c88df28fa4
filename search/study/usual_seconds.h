// What the end of a sweep takes, part by part, in seconds of one core of an AMD EPYC of the fourth
// generation. What is said of the time left begins with these and goes on by what was seen
// (work.h), so that they need only be right to one another, and roughly.
#pragma once

#include <span>

#include "manygpcm/engine/dataset.h"
#include "manygpcm/engine/detail/training_cost.h"
#include "manygpcm/engine/model.h"

namespace manygpcm::search {

/// A response.
struct UsualSeconds {
    static constexpr double count = 5e-8, score = 1e-7;  // frequencies; metrics of predictions
    static constexpr double fit_logistic = 1e-6, predict_logistic = 2e-7;
    static constexpr double fit_classical = 1.2e-5, predict_classical = 5e-7, judge = 1.2e-6;
    static constexpr double draw = 3e-6;           // all draws of the bootstrap
    static constexpr double psychometrics = 5e-7;  // beside predictions
};

inline double responses(Learners learners, std::span<const int> which) {
    double n = 0;
    for (const int i : which)
        n += static_cast<double>(learners[static_cast<std::size_t>(i)].responses.size());
    return n;
}

/// For a model's predictions of all learners.
inline double usual_seconds_to_predict(const Model& model, const LearnerSet& learners) {
    constexpr double forward = 0.3;  // of what training takes
    return forward * epoch_cost(learners, model.config.hyperparameters);
}

}  // namespace manygpcm::search
