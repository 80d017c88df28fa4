// What work is done with, who may end it and who hears of it. Nothing of it is global: a process
// may do several things at once, each with a context of its own.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "manygpcm/engine/stop.h"
#include "manygpcm/engine/training.h"

namespace manygpcm {

/// A host's threads. Calls `work` up to `n` times, once at least, side by side where it can, and
/// returns when all calls have. Each call takes what there is to do until nothing is left; it
/// throws nothing, may wait for what another call does, and leaves the thread's floating-point mode
/// as it was.
using Executor = std::function<void(int n, const std::function<void()>& work)>;

struct Context {
    int jobs = 0;            ///< threads, a replica each at a time; 0: one a core that it may use
    Executor executor = {};  ///< whose they are; empty: our own, made for the work
    std::optional<DeviceTraining> device =
        {};                   ///< trains the replicas, fed by its streams' threads
    StopFlag stop = nullptr;  ///< when set, work ends before its next optimizer step
    /// Told of what a user should know, one line each, one call at a time, by any of the work's
    /// threads; may be empty.
    std::function<void(const std::string&)> notice = {};
    /// Told, on threads of the processor, after every optimizer step what part of an epoch it was,
    /// one call at a time; may be empty.
    std::function<void(double)> trained = {};

    int threads() const;  ///< 1 or more
};

/// As the other train_jobs(), on the context's device or threads.
/// @throws std::logic_error for an executor that calls nothing; what it throws
void train_jobs(const LearnerSet& learners, JobSource& source, const Context& context);

/// As the other train_replicas(), on the context's device or threads.
/// @throws likewise
std::vector<ReplicaResult> train_replicas(const LearnerSet& learners,
                                          std::span<const ReplicaSpec> replicas,
                                          const TrainingLength& length, const Context& context,
                                          const EpochObserver& observer = {},
                                          const TrainingCheckpoints* checkpoints = nullptr);

}  // namespace manygpcm
