// Where jobs are trained; workers that pull them, one replica a thread.
#include "manygpcm/engine/training.h"

#include <algorithm>
#include <functional>
#include <mutex>
#include <new>
#include <optional>
#include <shared_mutex>

#include "base/workers.h"
#include "training/classical_fits.h"
#include "training/guarded_source.h"
#include "training/replica.h"
#include "training/train_on.h"

namespace manygpcm {
namespace {

/// @param alone whether no other job takes memory meanwhile
/// @return false where memory didn't suffice beside other jobs, and the source has heard of nothing
bool train(TrainingJob& job, ClassicalFits& fits, const LearnerSet& learners, GuardedSource& source,
           const std::function<void(double)>& step_done, StopFlag stop, bool alone) {
    std::optional<Replica> replica;
    bool told = false;
    try {
        job.spec.hyperparameters.validate();
        fits.provide(job, stop);
        replica.emplace(job.spec, learners, job.fitted.get(), default_arena_limit, stop);
        if (job.start) replica->restore(*job.start);
        const StateReader state = [&] { return replica->state(); };
        for (int epoch = job.start ? job.start->epoch : 0; epoch < job.epochs; ++epoch) {
            const EpochResult result = replica->run_epoch(step_done);
            told = true;
            if (!source.epoch_done(job.id, result, state)) break;
        }
        Model model = job.spec.keep_model ? replica->model() : Model{};
        source.job_done(job.id, replica->state(), std::move(model));
    } catch (const SourceFailure&) {
        throw;
    } catch (const Interrupted&) {
        if (replica)
            source.job_stopped(job.id, replica->state());
        else
            source.job_stopped(job.id, job.start ? *job.start : ReplicaState{});
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

void train_jobs(const LearnerSet& learners, JobSource& source, int threads, StopFlag stop) {
    train_on_threads(learners, source, {.jobs = std::max(threads, 1), .stop = stop});
}

void train_jobs(const LearnerSet& learners, JobSource& source, const DeviceTraining& options,
                StopFlag stop) {
    train_on_device(learners, source, options, {}, stop);
}

void train_jobs(const LearnerSet& learners, JobSource& source, const Context& context) {
    if (context.device)
        train_on_device(learners, source, *context.device, context.executor, context.stop);
    else
        train_on_threads(learners, source, context);
}

void train_on_threads(const LearnerSet& learners, JobSource& given, const Context& context) {
    const StopFlag stop = context.stop;
    GuardedSource source(given);
    std::mutex telling;
    std::function<void(double)> step_done;
    if (context.trained)
        step_done = [&](double part) {
            const std::lock_guard lock(telling);
            context.trained(part);
        };
    ClassicalFits fits(learners);
    std::shared_mutex memory;  // held by jobs in training; alone by one that may need all of it
    const auto work = [&] {
        while (!is_set(stop)) {
            auto job = source.next(true);
            if (!job) return;
            const auto trained = [&](bool alone) {
                return train(*job, fits, learners, source, step_done, stop, alone);
            };
            {
                const std::shared_lock beside_others(memory);
                if (trained(false)) continue;
            }
            const std::unique_lock alone(memory);
            trained(true);
        }
    };
    run_workers(context.threads(), context.executor, work, [&] { source.abandon(); });
}

}  // namespace manygpcm
