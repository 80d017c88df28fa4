// Workers that pull jobs, one replica a thread; and the plain list of replicas as a source of jobs.
#include "manygpcm/engine/training.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <utility>

#include "replica.h"
#include "workers.h"

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
    const auto work = [&] {
        while (const auto job = source.next(true))
            train(*job, learners, n_questions, n_categories, source);
    };
    run_workers(threads, work, [&] { source.abandon(); });
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

std::vector<ReplicaResult> train_replicas(const std::vector<Learner>& learners, int n_questions,
                                          int n_categories, std::span<const ReplicaSpec> replicas,
                                          int epochs, const DeviceTraining& options,
                                          const EpochObserver& observer) {
    for (const ReplicaSpec& spec : replicas)
        spec.hyperparameters.validate();
    ReplicaList list(replicas, epochs, observer);
    train_jobs(learners, n_questions, n_categories, list, options);
    return list.take();
}

}  // namespace manygpcm
