// Trains replicas: one model each, a trial on a fold. A replica's result depends on its spec alone,
// never on its neighbours or the number of threads.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "manygpcm/engine/dataset.h"
#include "manygpcm/engine/hyperparameters.h"
#include "manygpcm/engine/metrics.h"
#include "manygpcm/engine/model.h"

namespace manygpcm {

/// What one replica is: its hyperparameters, its learners and the numbers that key its randomness.
struct ReplicaSpec {
    Hyperparameters hyperparameters;
    std::vector<int> train;       ///< numbers of learners in the vector given to train_replicas
    std::vector<int> validation;  ///< may be empty: nothing is scored then
    std::uint64_t seed = 0;
    int trial = 0;
    int fold = 0;
    bool keep_model = true;  ///< whether ReplicaResult::model is wanted; a sweep needs scores alone
};

struct EpochResult {
    int epoch = 0;          ///< 1-based
    double train_loss = 0;  ///< mean over the batches that weren't skipped; NaN if all were
    double lr = 0;          ///< learning rate of the epoch
    double seconds = 0;     ///< training and validation
    int skipped_steps = 0;  ///< steps left out because loss or gradient wasn't finite
    Metrics validation;     ///< n = 0 where there are no validation learners
};

struct ReplicaResult {
    Model model;  ///< empty unless ReplicaSpec::keep_model
    std::vector<EpochResult> epochs;
};

/// Called after each epoch of each replica, from the thread that trains it, one call at a time.
using EpochObserver = std::function<void(int replica, const EpochResult&)>;

/// Trains every replica for `epochs` epochs on up to `threads` threads. `learners` is shared and
/// only read.
/// @throws InputError for hyperparameters that don't fit together.
std::vector<ReplicaResult> train_replicas(const std::vector<Learner>& learners, int n_questions,
                                          int n_categories, std::span<const ReplicaSpec> replicas,
                                          int epochs, int threads,
                                          const EpochObserver& observer = {});

}  // namespace manygpcm
