// What any model must beat: predictors that know no learner. (classical_gpcm.h has the one that
// does.)
#pragma once

#include <span>
#include <vector>

#include "manygpcm/engine/dataset.h"

namespace manygpcm::search {

enum class Baseline {
    majority,         ///< category frequencies of the training steps, each category's count + 1/2
    item_frequencies  ///< per question, with one more response that is spread as those are
};

/// Probabilities [steps x K] for the learners `which`, fitted on the learners `train`.
std::vector<float> predict_baseline(Baseline baseline, const LearnerSet& learners,
                                    std::span<const int> train, std::span<const int> which);

}  // namespace manygpcm::search
