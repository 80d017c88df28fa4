// Where a sweep's jobs are trained.
#pragma once

#include <optional>

#include "manygpcm/engine/training.h"

namespace manygpcm::search {

/// Trains what `source` gives on the device; without one, on threads; until `stop` is set.
inline void train_on(const std::optional<DeviceTraining>& device, int threads,
                     const LearnerSet& learners, JobSource& source, StopFlag stop) {
    if (device)
        train_jobs(learners, source, *device, stop);
    else
        train_jobs(learners, source, threads, stop);
}

}  // namespace manygpcm::search
