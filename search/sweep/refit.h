// Models of the winner: trained once more, on all learners that the search saw; and those that its
// folds ended in.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "manygpcm/engine/context.h"
#include "manygpcm/engine/folds.h"
#include "manygpcm/engine/model.h"
#include "manygpcm/search/study.h"
#include "sweep/checkpoint_directory.h"
#include "sweep/learner_pool.h"
#include "sweep/sweep_progress.h"

namespace manygpcm::search {

/// The winner of the study, trained for all its epochs. Its state is kept among the checkpoints, so
/// that it goes on after an interruption.
/// @throws Interrupted where the sweep is stopped; why it can't be trained, where it can't
Model refit(const Study& study, const Trial& winner, const LearnerPool& learners,
            const Context& context, const CheckpointDirectory& checkpoints,
            ProgressTracker& tracker);

/// The models that scored the winner in cross-validation, by fold. Folds whose last state isn't
/// among the checkpoints, or is another's, are trained again; the states are kept there.
/// @throws Interrupted where the sweep is stopped; why one can't be trained, where one can't
std::vector<Model> fold_models(const Study& study, const Trial& winner, const LearnerPool& learners,
                               std::span<const Fold> folds, const Context& context,
                               const CheckpointDirectory& checkpoints, ProgressTracker& tracker);

}  // namespace manygpcm::search
