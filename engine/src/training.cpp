#include "manygpcm/engine/training.h"

#include <algorithm>
#include <exception>
#include <mutex>
#include <thread>

#include "manygpcm/kernels/cpu.h"
#include "replica.h"

namespace manygpcm {

std::vector<ReplicaResult> train_replicas(const std::vector<Learner>& learners, int n_questions,
                                          int n_categories, std::span<const ReplicaSpec> replicas,
                                          int epochs, int threads, const EpochObserver& observer) {
    for (const ReplicaSpec& spec : replicas)
        spec.hyperparameters.validate();

    std::vector<ReplicaResult> results(replicas.size());
    std::atomic<std::size_t> next{0};
    std::mutex mutex;  // of the observer and the first failure
    std::exception_ptr failure;

    const auto train = [&](std::size_t i) {
        Replica replica(replicas[i], learners, n_questions, n_categories, default_arena_limit);
        for (int epoch = 0; epoch < epochs; ++epoch) {
            results[i].epochs.push_back(replica.run_epoch());
            if (!observer) continue;
            const std::lock_guard lock(mutex);
            observer(static_cast<int>(i), results[i].epochs.back());
        }
        if (replicas[i].keep_model) results[i].model = replica.model();
    };
    const auto work = [&] {
        kernels::prepare_worker_thread();
        for (std::size_t i; (i = next++) < replicas.size();) {
            try {
                train(i);
            } catch (...) {
                const std::lock_guard lock(mutex);
                if (!failure) failure = std::current_exception();
                next = replicas.size();
            }
        }
    };

    const std::size_t n_workers =
        std::clamp<std::size_t>(threads, 1, std::max<std::size_t>(replicas.size(), 1));
    {
        std::vector<std::jthread> workers;
        for (std::size_t w = 0; w < n_workers; ++w)
            workers.emplace_back(work);
    }
    if (failure) std::rethrow_exception(failure);
    return results;
}

}  // namespace manygpcm
