// What train_jobs() comes to: threads that take a replica each, or that feed a device's streams.
#pragma once

#include "manygpcm/engine/context.h"

namespace manygpcm {

/// @param context  of which `device` isn't looked at
void train_on_threads(const LearnerSet& learners, JobSource& source, const Context& context);
/// @param executor  whose threads; empty: our own
void train_on_device(const LearnerSet& learners, JobSource& source, const DeviceTraining& options,
                     const Executor& executor, StopFlag stop);

}  // namespace manygpcm
