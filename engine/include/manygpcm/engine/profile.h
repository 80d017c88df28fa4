// Where the time of training goes: an operation of the kernels at a time, beside what it has to do.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "manygpcm/engine/training.h"

namespace manygpcm {

struct OperationProfile {
    std::string name;  ///< with its direction
    std::int64_t calls = 0;
    double seconds = 0;
    // What it has to do, whoever does it (kernels/work.h).
    double operations = 0, functions = 0;  ///< the latter are among the former
    double bytes = 0;
};

struct TrainingProfile {
    std::vector<OperationProfile> operations;  ///< those that took longest first
    double seconds = 0;  ///< of the epochs, what isn't an operation included: batches, optimizer
    std::int64_t responses = 0;                   ///< trained on, each as often as there are epochs
    std::size_t parameters = 0, arena_bytes = 0;  ///< of several: the largest

    /// As if the other had been trained, too, so many times.
    void add(const TrainingProfile& other, int times);
};

/// Trains a replica on the calling thread for so many epochs after one that isn't counted, as it
/// meets cold caches and fresh pages. Seconds are the processor's, of this thread.
/// @throws InputError for a model that is fitted, not trained; Interrupted where `stop` is set
TrainingProfile profile_training(const LearnerSet& learners, const ReplicaSpec& spec, int epochs,
                                 StopFlag stop = nullptr);

}  // namespace manygpcm
