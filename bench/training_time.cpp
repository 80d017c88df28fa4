#include "training_time.h"

#include <fmt/format.h>

#include <algorithm>

#include "manygpcm/engine/error.h"
#include "manygpcm/engine/numbers_from.h"
#include "training/step_work.h"

namespace manygpcm::bench {
namespace {

constexpr int most_counted_batches = 10;

/// @param trainer threads or a device
std::vector<double> seconds_of_epochs(const Dataset& dataset, ModelKind model, std::size_t learners,
                                      int n_replicas, const auto& trainer, int epochs) {
    ReplicaSpec spec;
    spec.hyperparameters = published_best(model);
    spec.seed = 42;
    spec.keep_model = false;
    spec.train = numbers_from(0, static_cast<int>(learners));
    std::vector<ReplicaSpec> replicas(static_cast<std::size_t>(n_replicas), spec);
    for (std::size_t i = 0; i < replicas.size(); ++i)
        replicas[i].trial = static_cast<int>(i);

    std::vector<double> seconds;
    for (const ReplicaResult& result :
         train_replicas({dataset.train, dataset.n_questions, dataset.n_categories}, replicas,
                        epochs + 1, trainer))
        for (const EpochResult& epoch : result.epochs)
            if (epoch.epoch > 1) seconds.push_back(epoch.seconds);
    return seconds;
}

}  // namespace

Hyperparameters published_best(ModelKind model, const checks::ModelSizes& sizes) {
    Hyperparameters h;
    h.model = model;
    h.memory_size = sizes.memory_size;
    h.key_dim = sizes.key_dim;
    h.value_dim = sizes.value_dim;
    h.final_fc_dim = sizes.final_fc_dim;
    h.embed_dim = sizes.embed_dim;
    h.n_heads = sizes.n_heads;
    h.n_cycles = sizes.n_cycles;
    h.batch_size = 32;
    h.dropout_rate = 0.2;
    h.lr = 0.005895;
    h.weight_decay = 0.000307;
    h.grad_clip = 5;
    h.label_smoothing = 0.2;
    h.ce_weight_logit = 1.679634;
    h.focal_weight_logit = -0.697832;
    return h;
}

std::vector<double> epoch_seconds(const Dataset& dataset, ModelKind model, std::size_t learners,
                                  int n_replicas, int threads, int epochs) {
    return seconds_of_epochs(dataset, model, learners, n_replicas, threads, epochs);
}

std::vector<double> epoch_seconds(const Dataset& dataset, ModelKind model, std::size_t learners,
                                  int n_replicas, const DeviceTraining& device, int epochs) {
    return seconds_of_epochs(dataset, model, learners, n_replicas, device, epochs);
}

int counted_batches(const Dataset& dataset, int batch_size) {
    return std::min(most_counted_batches, static_cast<int>(dataset.train.size()) / batch_size);
}

std::vector<kernels::WorkCounter::Entry> step_work(const Dataset& dataset,
                                                   const Hyperparameters& hyperparameters,
                                                   int replicas) {
    const int batch_size = hyperparameters.batch_size;
    const int counted = counted_batches(dataset, batch_size);
    if (counted == 0)
        throw InputError(fmt::format("{} learners, expected a whole batch of {} or more",
                                     dataset.train.size(), batch_size));
    std::vector<std::vector<int>> batches;
    for (int first = 0; first < counted * batch_size; first += batch_size)
        batches.push_back(numbers_from(first, first + batch_size));
    std::vector<kernels::WorkCounter::Entry> work = manygpcm::step_work(
        {dataset.train, dataset.n_questions, dataset.n_categories}, hyperparameters, batches);
    for (kernels::WorkCounter::Entry& entry : work)
        entry.work *= double{1} * replicas / counted;
    return work;
}

double least_seconds(std::span<const kernels::WorkCounter::Entry> work,
                     const checks::MachineRates& rates) {
    double seconds = 0;
    for (const kernels::WorkCounter::Entry& entry : work)
        seconds += checks::least_seconds(entry.work, rates);
    return seconds;
}

}  // namespace manygpcm::bench
