// The generalized partial credit model without a network: what psychometrics would fit to the same
// answers, and so what any deep model must beat.
#pragma once

#include <span>
#include <vector>

#include "manygpcm/engine/dataset.h"
#include "manygpcm/engine/model.h"

namespace manygpcm {

/// Item parameters; ability is standard normal. P(r = k | theta) is proportional to
/// exp(sum_{j<k} alpha (theta - beta_j)) (Muraki 1992, eq. 4).
struct ClassicalGpcm {
    int n_questions = 0, n_categories = 0;
    std::vector<double> alpha;  ///< [Q]
    std::vector<double> beta;   ///< [Q x (K-1)]
};

/// Marginal maximum likelihood by EM over quadrature points of ability (Bock, Aitkin 1981; Muraki
/// 1992), accelerated by SQUAREM (Varadhan, Roland 2008); all responses of a learner taken
/// together, whatever their order. Weak normal priors on slopes and intercepts keep questions with
/// few or equal responses finite; a question that nobody answered gets what the priors say.
/// @param which numbers of learners to fit to
/// @throws Interrupted where `stop` is set
ClassicalGpcm fit_classical_gpcm(const LearnerSet& learners, std::span<const int> which,
                                 StopFlag stop = nullptr);

/// Predicts every response from the learner's responses before it: the posterior of ability given
/// those, of which theta is the mean. @throws Interrupted where `stop` is set
Predictions predict(const ClassicalGpcm& model, std::span<const Learner> learners,
                    std::span<const int> which, StopFlag stop = nullptr);

}  // namespace manygpcm
