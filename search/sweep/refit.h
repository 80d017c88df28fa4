// Models of the winner: trained once more, on all learners that the search saw; and those that its
// folds ended in.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "manygpcm/engine/folds.h"
#include "manygpcm/engine/model.h"
#include "manygpcm/engine/training.h"
#include "manygpcm/search/study.h"
#include "sweep/checkpoint_directory.h"
#include "sweep/learner_pool.h"
#include "sweep/sweep_progress.h"

namespace manygpcm::search {

/// The winner of the study, trained for all its epochs. Its state is kept among the checkpoints, so
/// that it goes on after an interruption.
/// @param device trains it; none: a thread does
/// @throws Interrupted where `stop` is set; why it can't be trained, where it can't
Model refit(const Study& study, const Trial& winner, const LearnerPool& learners,
            const std::optional<DeviceTraining>& device, const CheckpointDirectory& checkpoints,
            ProgressTracker& tracker, StopFlag stop);

/// The models that scored the winner in cross-validation, by fold. Folds whose last state isn't
/// among the checkpoints, or is another's, are trained again, `study.jobs` at a time where no
/// device does; the states are kept there.
/// @throws Interrupted where `stop` is set; why one can't be trained, where one can't
std::vector<Model> fold_models(const Study& study, const Trial& winner, const LearnerPool& learners,
                               std::span<const Fold> folds,
                               const std::optional<DeviceTraining>& device,
                               const CheckpointDirectory& checkpoints, ProgressTracker& tracker,
                               StopFlag stop);

}  // namespace manygpcm::search
