// A network on a backend that counts.
#include "training/step_work.h"

#include <algorithm>
#include <span>

#include "manygpcm/engine/detail/training_cost.h"
#include "manygpcm/engine/numbers_from.h"
#include "manygpcm/kernels/adam.h"
#include "model/hyperparameter_rows.h"
#include "model/network.h"

namespace manygpcm {
namespace {

std::int64_t responses_in(Learners learners, std::span<const int> which) {
    std::int64_t responses = 0;
    for (const int learner : which)
        responses +=
            static_cast<std::int64_t>(learners[static_cast<std::size_t>(learner)].questions.size());
    return responses;
}

}  // namespace

std::vector<kernels::WorkCounter::Entry> step_work(const LearnerSet& learners,
                                                   const Hyperparameters& hyperparameters,
                                                   const std::vector<std::vector<int>>& batches) {
    const ModelConfig config{hyperparameters, learners.n_questions, learners.n_categories};
    const int replicas = static_cast<int>(batches.size());
    BatchCapacity capacity;
    for (const std::vector<int>& batch : batches) {
        capacity.sequences = std::max(capacity.sequences, static_cast<int>(batch.size()));
        capacity.steps =
            std::max(capacity.steps, static_cast<int>(responses_in(learners.all, batch)));
    }
    PackedBatch packed(replicas, capacity, learners.n_questions, learners.n_categories);
    for (int r = 0; r < replicas; ++r)
        packed.pack(r, learners.all, batches[static_cast<std::size_t>(r)]);

    // Only counts are looked at, so all replicas may have the same weights and statistics.
    kernels::WorkCounter counter;
    Network network(counter, config, replicas, capacity, true);
    std::vector<float> weights(ParameterLayout(config).size());
    std::vector<double> statistics(kernels::ordinal_statistics_size(learners.n_categories));
    const Pass pass{packed,  {weights.data(), 0},   {weights.data(), 0}, nullptr,
                    nullptr, {statistics.data(), 0}};
    network.forward(pass);
    network.write_statistics(pass, {statistics.data(), 0});
    network.backward(pass);
    counter.add("clip_and_adam",
                kernels::clip_and_adam_work(weights.size() * static_cast<std::size_t>(replicas)));
    return counter.entries();
}

double epoch_cost(const LearnerSet& learners, const Hyperparameters& hyperparameters) {
    // Rates that operations reach on a core with AVX2 (docs/performance.md).
    constexpr double operations = 40e9, functions = 0.8e9, bytes = 15e9, call = 2e-6;
    const std::vector<int> batch = numbers_from(
        0, std::min(hyperparameters.batch_size, static_cast<int>(learners.all.size())));
    double seconds = 0;
    for (const kernels::WorkCounter::Entry& entry : step_work(learners, hyperparameters, {batch}))
        seconds += entry.work.operations / operations + entry.work.functions / functions +
                   entry.work.bytes() / bytes + entry.calls * call;
    const std::vector<int> all = numbers_from(0, static_cast<int>(learners.all.size()));
    return seconds * static_cast<double>(responses_in(learners.all, all)) /
           static_cast<double>(responses_in(learners.all, batch));
}

double EpochCosts::of(const Hyperparameters& hyperparameters) {
    Hyperparameters shape = shape_of(hyperparameters);
    if (shape.dropout_rate > 0) shape.dropout_rate = 0.5;  // any takes as long
    const auto known = std::ranges::find(known_, shape, &std::pair<Hyperparameters, double>::first);
    if (known != known_.end()) return known->second;
    constexpr std::size_t most_known = 1000;  // of a space with more shapes, few are asked of twice
    if (known_.size() == most_known) known_.clear();
    return known_.emplace_back(shape, epoch_cost(learners_, shape)).second;
}

}  // namespace manygpcm
