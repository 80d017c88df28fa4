// What the winner and the baselines score on learners that the search never saw, and what the
// baselines do in its cross-validation.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "learner_pool.h"
#include "manygpcm/engine/folds.h"
#include "manygpcm/engine/model.h"
#include "manygpcm/search/study.h"

namespace manygpcm {

/// Baselines on the sweep's own folds, scored and averaged like a trial.
std::vector<HeldOut> cross_validate_baselines(const LearnerPool& learners,
                                              std::span<const Fold> folds, const Study& study);

/// Sets study.winner and study.baselines, each with 95% bootstrap intervals over the learners held
/// out. Nothing where there are none; no winner where there is no model.
void score_on_held_out(Study& study, const LearnerPool& learners,
                       const std::optional<Model>& winner);

}  // namespace manygpcm
