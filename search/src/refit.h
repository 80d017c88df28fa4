// Trains the winner once more, on all learners that the search saw.
#pragma once

#include <atomic>
#include <optional>

#include "checkpoint_directory.h"
#include "learner_pool.h"
#include "manygpcm/engine/model.h"
#include "manygpcm/engine/training.h"
#include "manygpcm/search/study.h"
#include "sweep_progress.h"

namespace manygpcm {

/// The winner of the study, trained for all its epochs; none where `stop` ended that. Its state is
/// kept among the checkpoints, so that it goes on after an interruption.
/// @param device trains it; none: a thread does
std::optional<Model> refit(const Study& study, const Trial& winner, const LearnerPool& learners,
                           const std::optional<DeviceTraining>& device,
                           const CheckpointDirectory& checkpoints, ProgressTracker& tracker,
                           const std::atomic<bool>* stop);

}  // namespace manygpcm
