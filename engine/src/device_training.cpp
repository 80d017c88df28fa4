// Trains jobs on a device: pulls them, plans cohorts, and drives every stream from a thread of its
// own. A cohort that doesn't fit is halved; one that has lost half of its replicas, to early ends,
// is planned anew with whatever waits by then.
#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <iterator>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <utility>

#include "cohort.h"
#include "cohort_plan.h"
#include "manygpcm/engine/error.h"
#include "manygpcm/engine/training.h"
#include "replica_state.h"
#include "workers.h"

namespace manygpcm {
namespace {

// Of the memory that is free when training begins, what is left to libraries and to what operations
// need for themselves.
constexpr double reserve = 0.1;

// Jobs that wait at most: enough to make large cohorts of, and no source has to give all at once.
constexpr std::size_t most_waiting = 4096;

/// Tells the source of a job's end.
void finish(JobSource& source, const TrainingJob& job, const std::vector<Learner>& learners,
            const ModelConfig& config, ReplicaState state) {
    Model model;
    if (job.spec.keep_model) {
        model = {config, state.parameters, {}, {}};
        const Predictions predictions = predict(model, learners, job.spec.train);
        model = trained_model(config, job.spec, learners, state.parameters, predictions.alpha);
    }
    source.job_done(job.id, std::move(state), std::move(model));
}

/// Tells the source what a job gave in an epoch, and of its end where it has come.
void tell(JobSource& source, Cohort& cohort, const DeviceDataset& data, int replica) {
    const TrainingJob& job = cohort.job(replica);
    if (!source.epoch_done(job.id, cohort.result(replica), [&] { return cohort.state(replica); }))
        cohort.stop(replica);
    if (!cohort.training(replica))
        finish(source, job, data.host(),
               {job.spec.hyperparameters, data.n_questions(), data.n_categories()},
               cohort.state(replica));
}

/// Trains a cohort until more than half of its jobs are done. @return the jobs that are left
/// @throws kernels::OutOfMemory before the source has heard of anything
std::vector<TrainingJob> train_cohort(kernels::Device& device, const DeviceDataset& data,
                                      const CohortPlan& plan, JobSource& source) {
    Cohort cohort(device, data, plan);
    cohort.start_epoch();
    for (bool running = true; running;) {
        cohort.finish_epoch();
        running = 2 * cohort.still_training() > cohort.replicas();
        // The next epoch runs while the host scores this one. Where the source then ends a job, its
        // part of the epoch is for nothing.
        if (running) cohort.start_epoch();
        for (int r = 0; r < cohort.replicas(); ++r)
            if (cohort.finished(r)) tell(source, cohort, data, r);
    }
    std::vector<TrainingJob> left;
    for (int r = 0; r < cohort.replicas(); ++r) {
        if (!cohort.training(r)) continue;
        left.push_back(plan.jobs[r]);
        left.back().start = std::make_shared<const ReplicaState>(cohort.state(r));
    }
    return left;
}

class DeviceTrainer {
  public:
    DeviceTrainer(const std::vector<Learner>& learners, int n_questions, int n_categories,
                  JobSource& source, const DeviceTraining& options)
        : learners_(learners),
          n_questions_(n_questions),
          n_categories_(n_categories),
          source_(source),
          options_(options) {
        limits_.streams = std::max(options.streams, 1);
    }

    /// A stream's thread.
    void work() {
        const std::unique_ptr<kernels::Device> device = options_.open();
        const DeviceDataset data(*device, learners_, n_questions_, n_categories_);
        while (std::optional<CohortPlan> plan = next(*device))
            train(*device, data, *std::move(plan));
    }

  private:
    /// The next cohort; none where there will never be one.
    std::optional<CohortPlan> next(kernels::Device& device) {
        std::unique_lock lock(mutex_);
        if (limits_.memory == 0)
            limits_.memory = static_cast<std::size_t>((1 - reserve) * double(device.free_memory()));
        std::vector<TrainingJob> pulled;
        pull(pulled);
        for (bool more = true; more && pulled.empty() && returned_.empty() && waiting_.empty();) {
            lock.unlock();  // it may take long
            std::optional<TrainingJob> job = source_.next(true);
            lock.lock();
            more = job.has_value();
            if (job) take(*std::move(job), pulled);
            pull(pulled);
        }
        plan(device, std::move(pulled));
        if (waiting_.empty()) return std::nullopt;
        CohortPlan first = std::move(waiting_.front());
        waiting_.pop_front();
        return first;
    }

    void pull(std::vector<TrainingJob>& jobs) {
        std::size_t waiting = returned_.size();
        for (const CohortPlan& cohort : waiting_)
            waiting += cohort.jobs.size();
        while (waiting + jobs.size() < most_waiting) {
            std::optional<TrainingJob> job = source_.next(false);
            if (!job) return;
            take(*std::move(job), jobs);
        }
    }

    void take(TrainingJob job, std::vector<TrainingJob>& jobs) {
        job.spec.hyperparameters.validate();
        if (job.epochs > (job.start ? job.start->epoch : 0)) {
            jobs.push_back(std::move(job));
            return;
        }
        const ModelConfig config{job.spec.hyperparameters, n_questions_, n_categories_};
        finish(source_, job, learners_, config,
               job.start ? *job.start : initial_state(job.spec, config));
    }

    /// Plans anew all that waits, where there is something new.
    void plan(kernels::Device& device, std::vector<TrainingJob> pulled) {
        if (pulled.empty() && returned_.empty()) return;
        std::vector<TrainingJob> jobs;
        for (CohortPlan& cohort : waiting_)
            std::ranges::move(cohort.jobs, std::back_inserter(jobs));
        std::ranges::move(std::exchange(returned_, {}), std::back_inserter(jobs));
        std::ranges::move(pulled, std::back_inserter(jobs));
        std::vector<CohortPlan> cohorts =
            plan_cohorts(device, std::move(jobs), learners_, n_questions_, n_categories_, limits_);
        if (options_.report_plan) options_.report_plan(describe(cohorts, limits_));
        waiting_.assign(std::make_move_iterator(cohorts.begin()),
                        std::make_move_iterator(cohorts.end()));
    }

    void train(kernels::Device& device, const DeviceDataset& data, CohortPlan plan) {
        try {
            const std::shared_lock beside_others(memory_);
            give_back(train_cohort(device, data, plan, source_));
            return;
        } catch (const kernels::OutOfMemory&) {
            const std::size_t half = plan.jobs.size() / 2;
            if (half > 0) {
                const std::lock_guard lock(mutex_);
                std::size_t& most = limits_.replicas.try_emplace(plan.shape, half).first->second;
                most = std::min(most, half);
                std::ranges::move(plan.jobs, std::back_inserter(returned_));
                return;
            }
        }
        const std::unique_lock alone(memory_);
        try {
            give_back(train_cohort(device, data, plan, source_));
        } catch (const kernels::OutOfMemory& error) {
            throw InputError(too_large(device, plan, error.what()));
        }
    }

    void give_back(std::vector<TrainingJob> jobs) {
        const std::lock_guard lock(mutex_);
        std::ranges::move(jobs, std::back_inserter(returned_));
    }

    /// Why a single replica can't be trained, and with which batches it could.
    std::string too_large(kernels::Device& device, const CohortPlan& plan,
                          const char* error) const {
        const TrainingJob& job = plan.jobs.front();
        const std::size_t memory = device.free_memory();
        std::string fits = "no batch_size would fit";
        TrainingJob smaller = job;
        for (int& b = smaller.spec.hyperparameters.batch_size; (b /= 2) > 0;) {
            const ModelConfig config{smaller.spec.hyperparameters, n_questions_, n_categories_};
            if (replica_bytes(device, config, cohort_room(smaller, learners_)) > memory) continue;
            fits = fmt::format("batch_size {} would fit", b);
            break;
        }
        return fmt::format(
            "trial {}, fold {}: batch_size {} takes about {} of the device's memory, where {} are "
            "free; {} ({})",
            job.spec.trial, job.spec.fold, plan.shape.batch_size, format_bytes(plan.replica_bytes),
            format_bytes(memory), fits, error);
    }

    const std::vector<Learner>& learners_;
    int n_questions_, n_categories_;
    JobSource& source_;
    const DeviceTraining& options_;

    std::mutex mutex_;  // of all that follows
    CohortLimits limits_;
    std::deque<CohortPlan> waiting_;
    std::vector<TrainingJob> returned_;  // to be planned anew

    // Held by cohorts in training; alone by one that may need all memory.
    std::shared_mutex memory_;
};

}  // namespace

void train_jobs(const std::vector<Learner>& learners, int n_questions, int n_categories,
                JobSource& source, const DeviceTraining& options) {
    DeviceTrainer trainer(learners, n_questions, n_categories, source, options);
    run_workers(
        options.streams, [&] { trainer.work(); }, [&] { source.abandon(); });
}

}  // namespace manygpcm
