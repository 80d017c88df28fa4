#include "tiny_training.h"

#include <string>
#include <utility>

#include "manygpcm/engine/dataset.h"
#include "manygpcm/engine/detail/temporary_directory.h"
#include "manygpcm/engine/models.h"
#include "manygpcm/engine/numbers_from.h"
#include "manygpcm/engine/simulate.h"

namespace manygpcm::cli {
namespace {

constexpr int tiny_epochs = 5;

Dataset tiny_dataset() {
    const TemporaryDirectory directory("doctor");
    simulate({.learners = 40,
              .questions = 20,
              .categories = 4,
              .min_length = 10,
              .max_length = 20,
              .seed = 1},
             directory.path());
    return read_dataset(directory.path());
}

/// One small replica of each model.
std::vector<ReplicaSpec> tiny_replicas(int n_learners) {
    std::vector<ReplicaSpec> replicas;
    for (const ModelKind model : all_models()) {
        ReplicaSpec replica;
        replica.hyperparameters = default_hyperparameters(model);
        replica.hyperparameters.memory_size = 20;
        replica.hyperparameters.key_dim = 32;
        replica.hyperparameters.value_dim = 32;
        replica.hyperparameters.embed_dim = 32;
        replica.train = numbers_from(0, n_learners);
        replica.trial = static_cast<int>(replicas.size());
        replicas.push_back(std::move(replica));
    }
    return replicas;
}

template <class Where>
TinyTraining train_on(const Where& where) {
    const Dataset dataset = tiny_dataset();
    const std::vector<ReplicaSpec> replicas = tiny_replicas(static_cast<int>(dataset.train.size()));
    TinyTraining training;
    for (const ReplicaSpec& replica : replicas)
        training.models.push_back(replica.hyperparameters.model);
    training.results = train_replicas({dataset.train, dataset.n_questions, dataset.n_categories},
                                      replicas, tiny_epochs, where);
    return training;
}

}  // namespace

TinyTraining train_tiny_models(int threads) {
    return train_on(threads);
}

TinyTraining train_tiny_models(const DeviceTraining& options) {
    return train_on(options);
}

}  // namespace manygpcm::cli
