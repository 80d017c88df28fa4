// What any model must beat: predictors that know no learner. (classical_gpcm.h has the one that
// does.)
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "manygpcm/engine/dataset.h"

namespace manygpcm::search {

enum class Baseline {
    majority,         ///< category frequencies of the training steps, each category's count + 1/2
    item_frequencies  ///< per question, with one more response that is spread as those are
};

class FrequencyModel {
  public:
    /// Fitted to the learners `train`.
    FrequencyModel(Baseline baseline, const LearnerSet& learners, std::span<const int> train);

    /// Probabilities [steps x K] for the learners `which`.
    std::vector<float> predict(Learners learners, std::span<const int> which) const;

  private:
    std::size_t n_categories_;
    std::vector<float> probabilities_;  ///< [Q x K]
};

}  // namespace manygpcm::search
