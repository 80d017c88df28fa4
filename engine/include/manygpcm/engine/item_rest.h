// Item-rest correlations: whether who does well on a question does well on the others.
#pragma once

#include <span>
#include <vector>

#include "manygpcm/engine/dataset.h"

namespace manygpcm {

/// [Q] Pearson's r, over the responses to a question, of the response with the mean of the same
/// learner's responses to all other questions: where everybody answered all questions once, that of
/// the item with the sum score without it (Henrysson 1963). NaN of a question with fewer than three
/// responses by learners who answered others, and where either doesn't vary.
/// @param which learners
std::vector<double> item_rest_correlations(const LearnerSet& learners, std::span<const int> which);

}  // namespace manygpcm
