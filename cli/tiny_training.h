// A small dataset and a small replica of each model: what the doctor trains.
#pragma once

#include <vector>

#include "manygpcm/engine/training.h"

namespace manygpcm::cli {

struct TinyTraining {
    std::vector<ModelKind> models;
    std::vector<ReplicaResult> results;  ///< one a model
};

TinyTraining train_tiny_models(int threads);
TinyTraining train_tiny_models(const DeviceTraining& options);

}  // namespace manygpcm::cli
