// Where a sweep's jobs are trained.
#pragma once

#include <optional>

#include "manygpcm/engine/training.h"
#include "manygpcm/search/study.h"
#include "sweep/learner_pool.h"

namespace manygpcm::search {

/// Trains what `source` gives on the device; without one, on threads; until `stop` is set.
inline void train_on(const std::optional<DeviceTraining>& device, int threads,
                     const LearnerPool& learners, const Study& study, JobSource& source,
                     StopFlag stop) {
    if (device)
        train_jobs(learners.all, study.n_questions, study.n_categories, source, *device, stop);
    else
        train_jobs(learners.all, study.n_questions, study.n_categories, source, threads, stop);
}

}  // namespace manygpcm::search
