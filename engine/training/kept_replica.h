// One replica of TrainingCheckpoints as a file.
#pragma once

#include <limits>
#include <optional>
#include <vector>

#include "manygpcm/engine/training.h"
#include "manygpcm/engine/training_checkpoints.h"

namespace manygpcm {

/// The best epoch of a replica so far.
struct BestEpoch {
    int epoch = 0;
    double cross_entropy = std::numeric_limits<double>::infinity();
    std::vector<float> parameters;  ///< empty: none has been judged
};

/// All that training a replica has come to.
struct ReplicaProgress {
    ReplicaState state;
    std::vector<EpochResult> epochs;
    BestEpoch best;
};

/// @param i  the replica's number in its list
/// @throws InputError where it can't be written
void save_progress(const TrainingCheckpoints& checkpoints, int i, const ReplicaSpec& spec,
                   const ReplicaProgress& progress);

/// None where there is no file, where it is damaged, or of another spec or other settings.
std::optional<ReplicaProgress> load_progress(const TrainingCheckpoints& checkpoints, int i,
                                             const ReplicaSpec& spec, const ModelConfig& config);

}  // namespace manygpcm
