// Trains jobs on a device: pulls them, plans cohorts, and drives every stream from a thread of its
// own. What doesn't fit is halved, and fails where it is a single replica; a fleet that has lost
// half of its replicas, to early ends, is planned anew with whatever waits by then.
#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <exception>
#include <iterator>
#include <mutex>
#include <new>
#include <optional>
#include <shared_mutex>
#include <utility>

#include "base/workers.h"
#include "device/cohort_plan.h"
#include "device/fleet.h"
#include "manygpcm/engine/error.h"
#include "manygpcm/engine/training.h"
#include "training/classical_fits.h"
#include "training/guarded_source.h"
#include "training/replica_state.h"

namespace manygpcm {
namespace {

// Of the memory that is free when training begins, what is left to libraries and to what operations
// need for themselves.
constexpr double reserve = 0.1;

// Jobs that wait at most: enough to make large cohorts of, and no source has to give all at once.
constexpr std::size_t most_waiting = 4096;

/// Tells the source of a job's end.
void finish(GuardedSource& source, const TrainingJob& job, Learners learners,
            const ModelConfig& config, ReplicaState state, StopFlag stop) {
    Model model;
    try {
        if (job.spec.keep_model)
            model = model_of(config, job.spec, learners, state.parameters, stop);
    } catch (const Interrupted&) {
        return source.job_stopped(job.id, std::move(state));
    }
    source.job_done(job.id, std::move(state), std::move(model));
}

/// Tells the source what all jobs of a fleet gave in an epoch, then of the ends that have come:
/// taking a state waits for the device.
void tell(GuardedSource& source, const Fleet& fleet, const DeviceDataset& data, StopFlag stop) {
    for (const auto& cohort : fleet.cohorts())
        for (int r = 0; r < cohort->replicas(); ++r)
            if (cohort->finished(r) && !source.epoch_done(cohort->job(r).id, cohort->result(r),
                                                          [&] { return cohort->state(r); }))
                cohort->stop(r);
    for (const auto& cohort : fleet.cohorts())
        for (int r = 0; r < cohort->replicas(); ++r) {
            if (!cohort->finished(r) || cohort->training(r)) continue;
            const TrainingJob& job = cohort->job(r);
            finish(source, job, data.host().all,
                   {job.spec.hyperparameters, data.host().n_questions, data.host().n_categories},
                   cohort->state(r), stop);
        }
}

/// @throws kernels::OutOfMemory
std::unique_ptr<Fleet> start_fleet(kernels::Device& device, const DeviceDataset& data,
                                   const FleetPlan& plan) {
    try {
        auto fleet = std::make_unique<Fleet>(device, data, plan);
        fleet->start_epoch();
        return fleet;
    } catch (const std::bad_alloc&) {
        throw kernels::OutOfMemory("the machine's memory doesn't suffice");
    }
}

/// Trains a fleet until at least half of its jobs are done, or `stop` is set. @return the jobs that
/// are left
/// @throws kernels::OutOfMemory, kernels::Unsupported before the source has heard of anything
std::vector<TrainingJob> train_fleet(kernels::Device& device, const DeviceDataset& data,
                                     const FleetPlan& plan, GuardedSource& source, StopFlag stop) {
    const std::unique_ptr<Fleet> fleet = start_fleet(device, data, plan);
    try {
        for (bool running = true; running && !is_set(stop);) {
            fleet->finish_epoch(stop);
            running = 2 * fleet->still_training() > fleet->replicas();
            // The next epoch runs while the host scores this one. Where the source then ends a job,
            // its part of the epoch is for nothing.
            if (running) fleet->start_epoch();
            tell(source, *fleet, data, stop);
        }
    } catch (const Interrupted&) {
        // The jobs are left as they were before the epoch.
    }
    std::vector<TrainingJob> left;
    for (const auto& cohort : fleet->cohorts())
        for (int r = 0; r < cohort->replicas(); ++r) {
            if (!cohort->training(r)) continue;
            left.push_back(cohort->job(r));
            left.back().start = std::make_shared<const ReplicaState>(cohort->state(r));
        }
    return left;
}

/// A stream of the device and the learners that it holds.
struct Stream {
    std::unique_ptr<kernels::Device> device;
    std::unique_ptr<DeviceDataset> data;
};

class DeviceTrainer {
  public:
    DeviceTrainer(const LearnerSet& learners, GuardedSource& source, const DeviceTraining& options,
                  StopFlag stop)
        : learners_(learners), source_(source), options_(options), stop_(stop), fits_(learners) {
        limits_.streams = std::max(options.streams, 1);
    }

    /// A stream's thread.
    void work() {
        Stream stream;
        open(stream);
        while (const std::optional<FleetPlan> plan = next(*stream.device))
            train(stream, *plan);
        stop_waiting();
    }

  private:
    void open(Stream& stream) {
        stream.data.reset();
        stream.device.reset();
        stream.device = options_.open();
        stream.data = std::make_unique<DeviceDataset>(*stream.device, learners_);
    }

    /// The next fleet; none where there will never be one.
    std::optional<FleetPlan> next(kernels::Device& device) {
        std::unique_lock lock(mutex_);
        if (is_set(stop_)) return std::nullopt;
        if (limits_.memory == 0)
            limits_.memory = static_cast<std::size_t>((1 - reserve) * double(device.free_memory()));
        std::vector<TrainingJob> pulled;
        for (bool wait = false;; wait = true) {
            const std::size_t room = room_for_more();
            lock.unlock();  // waiting may take long, and so may fitting classical models
            const bool more = pull(room, wait, pulled);
            lock.lock();
            if (!more || !pulled.empty() || !returned_.empty() || !waiting_.empty()) break;
        }
        plan(device, std::move(pulled));
        if (waiting_.empty()) return std::nullopt;
        FleetPlan first = std::move(waiting_.front());
        waiting_.pop_front();
        return first;
    }

    /// How many jobs may wait beside those that do.
    std::size_t room_for_more() const {
        std::size_t waiting = returned_.size();
        for (const FleetPlan& fleet : waiting_)
            for (const CohortPlan& cohort : fleet)
                waiting += cohort.jobs.size();
        return most_waiting - std::min(waiting, most_waiting);
    }

    /// Up to `room` jobs that are there; one is waited for if asked. False where there will never
    /// be another.
    bool pull(std::size_t room, bool wait, std::vector<TrainingJob>& jobs) {
        if (wait) {
            std::optional<TrainingJob> job = source_.next(true);
            if (!job) return false;
            take(*std::move(job), jobs);
        }
        while (jobs.size() < room) {
            std::optional<TrainingJob> job = source_.next(false);
            if (!job) break;
            take(*std::move(job), jobs);
        }
        return true;
    }

    void take(TrainingJob job, std::vector<TrainingJob>& jobs) {
        try {
            job.spec.hyperparameters.validate();
            if (job.spec.train.empty())
                throw InputError("there are no training learners; expected at least one");
            fits_.provide(job, stop_);
        } catch (const Interrupted&) {
            // The job ends with those that wait.
        } catch (const InputError&) {
            return source_.job_failed(job.id, std::current_exception());
        }
        if (job.epochs > (job.start ? job.start->epoch : 0)) {
            jobs.push_back(std::move(job));
            return;
        }
        const ModelConfig config{job.spec.hyperparameters, learners_.n_questions,
                                 learners_.n_categories};
        finish(source_, job, learners_.all, config,
               job.start ? *job.start : initial_state(job.spec, config, job.fitted.get()), stop_);
    }

    /// Tells the source of jobs that go on from a state it may not have; where training is over
    /// but for a stop there are none.
    void stop_waiting() {
        std::vector<TrainingJob> jobs;
        {
            const std::lock_guard lock(mutex_);
            jobs = std::exchange(returned_, {});
            for (FleetPlan& fleet : std::exchange(waiting_, {}))
                for (CohortPlan& cohort : fleet)
                    std::ranges::move(cohort.jobs, std::back_inserter(jobs));
        }
        for (const TrainingJob& job : jobs)
            if (job.start) source_.job_stopped(job.id, *job.start);
    }

    /// Plans anew all that waits, where there is something new.
    void plan(kernels::Device& device, std::vector<TrainingJob> pulled) {
        if (pulled.empty() && returned_.empty()) return;
        std::vector<TrainingJob> jobs;
        for (FleetPlan& fleet : waiting_)
            for (CohortPlan& cohort : fleet)
                std::ranges::move(cohort.jobs, std::back_inserter(jobs));
        std::ranges::move(std::exchange(returned_, {}), std::back_inserter(jobs));
        std::ranges::move(pulled, std::back_inserter(jobs));
        std::vector<FleetPlan> fleets = plan_fleets(device, std::move(jobs), learners_, limits_);
        if (options_.report_plan)
            for (const std::string& line : describe(fleets, limits_))
                options_.report_plan(line);
        waiting_.assign(std::make_move_iterator(fleets.begin()),
                        std::make_move_iterator(fleets.end()));
    }

    void train(Stream& stream, const FleetPlan& plan) {
        const std::int64_t first = plan.front().jobs.front().id;
        std::exception_ptr unsupported;
        try {
            const std::shared_lock beside_others(memory_);
            give_back(train_fleet(*stream.device, *stream.data, plan, source_, stop_));
            return;
        } catch (const kernels::OutOfMemory&) {
            // Below: the fleet is gone by then.
        } catch (const kernels::Unsupported&) {
            unsupported = std::current_exception();
        }
        open(stream);  // gives back what operations took for themselves, too
        const bool single = plan.size() == 1 && plan.front().jobs.size() == 1;
        if (unsupported)
            return single ? source_.job_failed(first, unsupported) : train_each(stream, plan);
        if (!single) return halve(plan);
        const std::unique_lock alone(memory_);
        try {
            give_back(train_fleet(*stream.device, *stream.data, plan, source_, stop_));
        } catch (const kernels::OutOfMemory& error) {
            open(stream);
            source_.job_failed(first, std::make_exception_ptr(InputError(
                                          too_large(*stream.device, plan.front(), error.what()))));
        } catch (const kernels::Unsupported&) {
            source_.job_failed(first, std::current_exception());
        }
    }

    /// One job after the other: which of them the device can't train isn't known.
    void train_each(Stream& stream, const FleetPlan& plan) {
        for (const CohortPlan& cohort : plan)
            for (const TrainingJob& job : cohort.jobs)
                train(stream, {{cohort.shape, {job}, cohort.room, cohort.replica_bytes}});
    }

    /// Lets half as much train at once as in a fleet that didn't fit.
    void halve(const FleetPlan& plan) {
        const std::lock_guard lock(mutex_);
        if (plan.size() > 1) {
            limits_.cohorts = std::min(limits_.cohorts, plan.size() / 2);
        } else {
            const CohortPlan& cohort = plan.front();
            const std::size_t half = cohort.jobs.size() / 2;
            std::size_t& most = limits_.replicas.try_emplace(cohort.shape, half).first->second;
            most = std::min(most, half);
        }
        for (const CohortPlan& cohort : plan)
            returned_.insert(returned_.end(), cohort.jobs.begin(), cohort.jobs.end());
    }

    void give_back(std::vector<TrainingJob> jobs) {
        const std::lock_guard lock(mutex_);
        std::ranges::move(jobs, std::back_inserter(returned_));
    }

    /// Why a single replica can't be trained, and with which batches it could.
    std::string too_large(kernels::Device& device, const CohortPlan& plan,
                          const char* error) const {
        const std::size_t memory = device.free_memory();
        std::string fits = "no batch_size would fit";
        TrainingJob smaller = plan.jobs.front();
        for (int& b = smaller.spec.hyperparameters.batch_size; (b /= 2) > 0;) {
            const ModelConfig config{smaller.spec.hyperparameters, learners_.n_questions,
                                     learners_.n_categories};
            if (replica_bytes(device, config, cohort_room(smaller, learners_.all)) > memory)
                continue;
            fits = fmt::format("batch_size {} would fit", b);
            break;
        }
        return fmt::format(
            "batch_size {} takes about {} of the device's memory, where {} are free; {} ({})",
            plan.shape.batch_size, format_bytes(plan.replica_bytes), format_bytes(memory), fits,
            error);
    }

    const LearnerSet learners_;
    GuardedSource& source_;
    const DeviceTraining& options_;
    StopFlag stop_;

    ClassicalFits fits_;

    std::mutex mutex_;  // of all that follows
    CohortLimits limits_;
    std::deque<FleetPlan> waiting_;
    std::vector<TrainingJob> returned_;  // to be planned anew

    // Held by cohorts in training; alone by one that may need all memory.
    std::shared_mutex memory_;
};

}  // namespace

void train_on_device(const LearnerSet& learners, JobSource& given, const DeviceTraining& options,
                     const Executor& executor, StopFlag stop) {
    GuardedSource source(given);
    DeviceTrainer trainer(learners, source, options, stop);
    run_workers(
        options.streams, executor, [&] { trainer.work(); }, [&] { source.abandon(); });
}

}  // namespace manygpcm
