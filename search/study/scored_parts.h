// How well the winner and the classical GPCM predict parts of the responses: those to the questions
// of a skill, those at a position in the sequence.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "manygpcm/engine/dataset.h"
#include "manygpcm/search/study.h"

namespace manygpcm::search {

/// Responses of some learners laid end to end, and what predictors made of them.
struct PredictedResponses {
    std::vector<std::int32_t> questions, responses;
    std::vector<std::int32_t> offsets = {0};     ///< [learners + 1]
    std::vector<float> by_winner, by_classical;  ///< [responses x K]

    void add(Learners learners, std::span<const int> which, std::span<const float> winner,
             std::span<const float> classical);
};

/// Those with most responses first; skills that nobody answered a question of are left out. A
/// question of several skills counts with each.
std::vector<ScoredPart> by_skill(const PredictedResponses& predicted, const Skills& skills,
                                 const Study& study);

/// The positions 1, 2, 3 to 4, 5 to 8 and so on, as there are fewer learners at later ones.
std::vector<ScoredPart> by_position(const PredictedResponses& predicted, const Study& study);

}  // namespace manygpcm::search
