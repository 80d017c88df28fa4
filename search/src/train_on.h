// Where a sweep's jobs are trained.
#pragma once

#include <optional>

#include "learner_pool.h"
#include "manygpcm/engine/training.h"
#include "manygpcm/search/study.h"

namespace manygpcm {

/// Trains what `source` gives on the device; without one, on threads.
inline void train_on(const std::optional<DeviceTraining>& device, int threads,
                     const LearnerPool& learners, const Study& study, JobSource& source) {
    if (device)
        train_jobs(learners.all, study.n_questions, study.n_categories, source, *device);
    else
        train_jobs(learners.all, study.n_questions, study.n_categories, source, threads);
}

}  // namespace manygpcm
