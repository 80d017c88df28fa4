// Workers that pull jobs, one replica a thread; and the plain list of replicas as a source of jobs.
#include "manygpcm/engine/training.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <new>
#include <optional>
#include <shared_mutex>
#include <utility>

#include "base/workers.h"
#include "training/guarded_source.h"
#include "training/replica.h"

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
        ++done_;
    }

    void job_stopped(std::int64_t, ReplicaState) override {}

    void job_failed(std::int64_t, std::exception_ptr why) override {
        std::rethrow_exception(std::move(why));
    }

    void abandon() override { next_ = replicas_.size(); }

    std::vector<ReplicaResult> take() {
        if (done_ < replicas_.size()) throw Interrupted("interrupted before it was done");
        return std::move(results_);
    }

  private:
    std::span<const ReplicaSpec> replicas_;
    int epochs_;
    const EpochObserver& observer_;
    std::vector<ReplicaResult> results_;
    std::atomic<std::size_t> next_{0}, done_{0};
    std::mutex mutex_;  // of the observer
};

/// @param alone whether no other job takes memory meanwhile
/// @return false where memory didn't suffice beside other jobs, and the source has heard of nothing
bool train(const TrainingJob& job, const LearnerSet& learners, GuardedSource& source, StopFlag stop,
           bool alone) {
    std::optional<Replica> replica;
    bool told = false;
    try {
        job.spec.hyperparameters.validate();
        replica.emplace(job.spec, learners, default_arena_limit, stop);
        if (job.start) replica->restore(*job.start);
        const StateReader state = [&] { return replica->state(); };
        for (int epoch = job.start ? job.start->epoch : 0; epoch < job.epochs; ++epoch) {
            const EpochResult result = replica->run_epoch();
            told = true;
            if (!source.epoch_done(job.id, result, state)) break;
        }
        Model model = job.spec.keep_model ? replica->model() : Model{};
        source.job_done(job.id, replica->state(), std::move(model));
    } catch (const SourceFailure&) {
        throw;
    } catch (const Interrupted&) {
        source.job_stopped(job.id, replica->state());
    } catch (const std::bad_alloc&) {
        replica.reset();  // whoever hears of it needs memory, too
        if (!alone && !told) return false;
        source.job_failed(job.id, std::current_exception());
    } catch (...) {
        source.job_failed(job.id, std::current_exception());
    }
    return true;
}

}  // namespace

void train_jobs(const LearnerSet& learners, JobSource& given, int threads, StopFlag stop) {
    GuardedSource source(given);
    std::shared_mutex memory;  // held by jobs in training; alone by one that may need all of it
    const auto work = [&] {
        while (!is_set(stop)) {
            const auto job = source.next(true);
            if (!job) return;
            const auto trained = [&](bool alone) {
                return train(*job, learners, source, stop, alone);
            };
            {
                const std::shared_lock beside_others(memory);
                if (trained(false)) continue;
            }
            const std::unique_lock alone(memory);
            trained(true);
        }
    };
    run_workers(threads, work, [&] { source.abandon(); });
}

std::vector<ReplicaResult> train_replicas(const LearnerSet& learners,
                                          std::span<const ReplicaSpec> replicas, int epochs,
                                          int threads, const EpochObserver& observer,
                                          StopFlag stop) {
    for (const ReplicaSpec& spec : replicas)
        spec.hyperparameters.validate();
    ReplicaList list(replicas, epochs, observer);
    train_jobs(learners, list, std::min(threads, static_cast<int>(replicas.size())), stop);
    return list.take();
}

std::vector<ReplicaResult> train_replicas(const LearnerSet& learners,
                                          std::span<const ReplicaSpec> replicas, int epochs,
                                          const DeviceTraining& options,
                                          const EpochObserver& observer, StopFlag stop) {
    for (const ReplicaSpec& spec : replicas)
        spec.hyperparameters.validate();
    ReplicaList list(replicas, epochs, observer);
    train_jobs(learners, list, options, stop);
    return list.take();
}

}  // namespace manygpcm
