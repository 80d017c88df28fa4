// Workers that pull jobs, one replica a thread; and the plain list of replicas as a source of jobs.
#include "manygpcm/engine/training.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>

#include "manygpcm/kernels/cpu.h"
#include "replica.h"

namespace manygpcm {
namespace {

/// Replicas given at once, each for the same epochs.
class ReplicaList : public JobSource {
  public:
    ReplicaList(std::span<const ReplicaSpec> replicas, int epochs, const EpochObserver& observer)
        : replicas_(replicas), epochs_(epochs), observer_(observer), results_(replicas.size()) {}

    std::optional<TrainingJob> next(bool) override {
        const std::size_t i = next_++;
        if (i >= replicas_.size()) return std::nullopt;
        return TrainingJob{.id = static_cast<std::int64_t>(i),
                           .spec = replicas_[i],
                           .start = nullptr,
                           .epochs = epochs_};
    }

    bool epoch_done(std::int64_t id, const EpochResult& epoch, const StateReader&) override {
        const std::lock_guard lock(mutex_);
        results_[static_cast<std::size_t>(id)].epochs.push_back(epoch);
        if (observer_) observer_(static_cast<int>(id), epoch);
        return true;
    }

    void job_done(std::int64_t id, ReplicaState, Model model) override {
        results_[static_cast<std::size_t>(id)].model = std::move(model);
    }

    void abandon() override { next_ = replicas_.size(); }

    std::vector<ReplicaResult> take() { return std::move(results_); }

  private:
    std::span<const ReplicaSpec> replicas_;
    int epochs_;
    const EpochObserver& observer_;
    std::vector<ReplicaResult> results_;
    std::atomic<std::size_t> next_{0};
    std::mutex mutex_;  // of the observer
};

void train(const TrainingJob& job, const std::vector<Learner>& learners, int n_questions,
           int n_categories, JobSource& source) {
    job.spec.hyperparameters.validate();
    Replica replica(job.spec, learners, n_questions, n_categories, default_arena_limit);
    if (job.start) replica.restore(*job.start);
    const StateReader state = [&] { return replica.state(); };
    for (int epoch = job.start ? job.start->epoch : 0; epoch < job.epochs; ++epoch)
        if (!source.epoch_done(job.id, replica.run_epoch(), state)) break;
    source.job_done(job.id, replica.state(), job.spec.keep_model ? replica.model() : Model{});
}

}  // namespace

void train_jobs(const std::vector<Learner>& learners, int n_questions, int n_categories,
                JobSource& source, int threads) {
    std::mutex mutex;  // of the first failure
    std::exception_ptr failure;
    const auto work = [&] {
        try {
            kernels::prepare_worker_thread();
            while (const auto job = source.next(true))
                train(*job, learners, n_questions, n_categories, source);
        } catch (...) {
            const std::lock_guard lock(mutex);
            if (!failure) failure = std::current_exception();
            source.abandon();
        }
    };
    {
        std::vector<std::jthread> workers;
        for (int w = 0; w < std::max(threads, 1); ++w)
            workers.emplace_back(work);
    }
    if (failure) std::rethrow_exception(failure);
}

std::vector<ReplicaResult> train_replicas(const std::vector<Learner>& learners, int n_questions,
                                          int n_categories, std::span<const ReplicaSpec> replicas,
                                          int epochs, int threads, const EpochObserver& observer) {
    for (const ReplicaSpec& spec : replicas)
        spec.hyperparameters.validate();
    ReplicaList list(replicas, epochs, observer);
    train_jobs(learners, n_questions, n_categories, list,
               std::min(threads, static_cast<int>(replicas.size())));
    return list.take();
}

}  // namespace manygpcm
