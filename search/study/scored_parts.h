// How well the winner and the classical GPCM predict parts of the responses: those to the questions
// of a skill, those at a position in the sequence.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "manygpcm/engine/dataset.h"
#include "manygpcm/engine/running_metrics.h"
#include "manygpcm/search/portrait.h"
#include "manygpcm/search/study.h"

namespace manygpcm::search {

class ScoredParts {
  public:
    /// @param skills, study  outlive it; of the study categories and objective count
    ScoredParts(const Skills& skills, const Study& study);

    /// Adds learners, the same ones by either.
    /// @param probabilities [n x K] of their responses laid end to end
    void add(PredictedBy by, Learners learners, std::span<const int> which,
             std::span<const float> probabilities);

    /// Those with most responses first; skills that nobody answered a question of are left out. A
    /// question of several skills counts with each.
    std::vector<ScoredPart> by_skill();

    /// The positions 1, 2, 3 to 4, 5 to 8 and so on, as there are fewer learners at later ones.
    std::vector<ScoredPart> by_position();

  private:
    struct Part {
        explicit Part(int n_categories) : winner(n_categories), classical(n_categories) {}
        RunningMetrics winner, classical;
    };
    ScoredPart scored(Part& part) const;

    const Skills& skills_;
    const Study& study_;
    std::vector<Part> of_skill_, of_position_;
    std::size_t longest_ = 0;
};

}  // namespace manygpcm::search
