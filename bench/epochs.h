// Seconds of training epochs at the published best, through the engine's public face.
#pragma once

#include <cstddef>
#include <numeric>
#include <vector>

#include "manygpcm/engine/dataset.h"
#include "manygpcm/engine/training.h"
#include "manygpcm/measure/sizes.h"

namespace manygpcm::bench {

/// Trains replicas, without validation, on the first `learners` of the dataset. Returns the wall
/// seconds of every epoch of every replica but for a first one each, which meets cold caches and
/// fresh pages.
inline std::vector<double> epoch_seconds(const Dataset& dataset, ModelKind model,
                                         std::size_t learners, int n_replicas, int threads,
                                         int epochs) {
    ReplicaSpec spec;
    spec.hyperparameters = measure::published_best(model);
    spec.seed = 42;
    spec.keep_model = false;
    spec.train.resize(learners);
    std::iota(spec.train.begin(), spec.train.end(), 0);
    std::vector<ReplicaSpec> replicas(static_cast<std::size_t>(n_replicas), spec);
    for (std::size_t i = 0; i < replicas.size(); ++i)
        replicas[i].trial = static_cast<int>(i);

    std::vector<double> seconds;
    for (const ReplicaResult& result :
         train_replicas(dataset.train, dataset.n_questions, dataset.n_categories, replicas,
                        epochs + 1, threads))
        for (const EpochResult& epoch : result.epochs)
            if (epoch.epoch > 1) seconds.push_back(epoch.seconds);
    return seconds;
}

}  // namespace manygpcm::bench
