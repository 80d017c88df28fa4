#include "manygpcm/engine/profile.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "manygpcm/engine/error.h"
#include "manygpcm/engine/models.h"
#include "manygpcm/kernels/cpu.h"
#include "manygpcm/kernels/profiler.h"
#include "training/classical_fits.h"
#include "training/replica.h"

namespace manygpcm {
namespace {

void sort(std::vector<OperationProfile>& operations) {
    std::ranges::stable_sort(operations, std::greater(), &OperationProfile::seconds);
}

}  // namespace

void TrainingProfile::add(const TrainingProfile& other, int times) {
    for (const OperationProfile& added : other.operations) {
        auto sum = std::ranges::find(operations, added.name, &OperationProfile::name);
        if (sum == operations.end()) sum = operations.insert(sum, {.name = added.name});
        sum->calls += times * added.calls;
        sum->seconds += times * added.seconds;
        sum->operations += times * added.operations;
        sum->functions += times * added.functions;
        sum->bytes += times * added.bytes;
    }
    sort(operations);
    seconds += times * other.seconds;
    responses += times * other.responses;
    parameters = std::max(parameters, other.parameters);
    arena_bytes = std::max(arena_bytes, other.arena_bytes);
}

TrainingProfile profile_training(const LearnerSet& learners, const ReplicaSpec& spec, int epochs,
                                 StopFlag stop) {
    const Hyperparameters& h = spec.hyperparameters;
    h.validate();
    if (!is_trained(h.model))
        throw InputError(fmt::format("{}: is fitted, not trained; expected a model that is trained",
                                     to_string(h.model)));
    const kernels::WorkerThread prepared;
    ClassicalFits fits(learners);
    TrainingJob job{.id = 0, .spec = spec, .start = nullptr, .epochs = epochs};
    fits.provide(job, stop);
    kernels::Profiler profiler(kernels::cpu_backend());
    Replica replica(job.spec, learners, job.fitted.get(), default_arena_limit, stop, profiler);
    replica.run_epoch();
    profiler.clear();

    TrainingProfile profile;
    profile.parameters = replica.state().parameters.size();
    profile.arena_bytes = replica.arena_bytes();
    const double start = kernels::thread_seconds();
    for (int epoch = 0; epoch < epochs; ++epoch)
        replica.run_epoch();
    profile.seconds = kernels::thread_seconds() - start;
    for (const int learner : spec.train)
        profile.responses +=
            epochs * static_cast<std::int64_t>(
                         learners.all[static_cast<std::size_t>(learner)].questions.size());
    for (const kernels::Profiler::Entry& entry : profiler.entries())
        profile.operations.push_back({.name = entry.operation,
                                      .calls = entry.calls,
                                      .seconds = entry.seconds,
                                      .operations = entry.work.operations,
                                      .functions = entry.work.functions,
                                      .bytes = entry.work.bytes()});
    sort(profile.operations);
    return profile;
}

}  // namespace manygpcm
