// What is scored once the search is over: the winner on the learners held out, and everything that
// it is compared with.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "manygpcm/engine/dataset.h"
#include "manygpcm/engine/folds.h"
#include "manygpcm/engine/model.h"
#include "manygpcm/search/study.h"

namespace manygpcm::search {

/// Fills the study's winner, baselines, ceilings, portrait and psychometrics, and of learners held
/// out the parts by skill and position.
/// @param learners train and test: numbers below Study::n_learners were cross-validated
/// @param winner refitted on all of those
/// @throws Interrupted where `stop` is set
void score_finally(Study& study, const Dataset& dataset, const LearnerSet& learners,
                   const std::vector<Fold>& folds, const std::optional<Model>& winner,
                   StopFlag stop = nullptr);

/// Whether score_portrait() has something to add to what an earlier version scored.
bool lacks_portrait(const Study& study);

/// Fills what is said of questions and learners alone: portrait and psychometrics, and of learners
/// held out the parts by skill and position.
/// @param winner refitted
/// @throws Interrupted where `stop` is set
void score_portrait(Study& study, const Dataset& dataset, const LearnerSet& learners,
                    const Model& winner, StopFlag stop = nullptr);

/// Whether score_fold_models() has something to add.
bool lacks_fold_models(const Study& study);

/// Fills the study's average over folds, beside the winner that score_finally() scored; where no
/// learner is held out, the parts by skill and position, each fold's model on those left out of it.
/// @param models the winner's, by fold  @param winner refitted
/// @throws Interrupted where `stop` is set
void score_fold_models(Study& study, const Dataset& dataset, const LearnerSet& learners,
                       const std::vector<Fold>& folds, std::span<const Model> models,
                       const Model& winner, StopFlag stop = nullptr);

}  // namespace manygpcm::search
