// Workers that pull jobs, one replica a thread; and the plain list of replicas as a source of jobs.
#include "manygpcm/engine/training.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>
#include <mutex>
#include <new>
#include <optional>
#include <shared_mutex>
#include <utility>

#include "base/workers.h"
#include "manygpcm/engine/responses_of.h"
#include "training/classical_fits.h"
#include "training/guarded_source.h"
#include "training/replica.h"
#include "training/replica_state.h"

namespace manygpcm {
namespace {

/// Replicas given at once, all trained alike.
class ReplicaList : public JobSource {
  public:
    ReplicaList(const LearnerSet& learners, std::span<const ReplicaSpec> replicas,
                const TrainingLength& length, const EpochObserver& observer, StopFlag stop)
        : learners_(learners),
          replicas_(replicas),
          observer_(observer),
          results_(replicas.size()),
          best_(replicas.size()),
          fits_(learners),
          stop_(stop) {
        if (const auto* stopping = std::get_if<EarlyStopping>(&length))
            stopping_ = *stopping;
        else
            epochs_ = std::get<int>(length);
    }

    std::optional<TrainingJob> next(bool) override {
        const std::size_t i = next_++;
        if (i >= replicas_.size()) return std::nullopt;
        TrainingJob job{.id = static_cast<std::int64_t>(i),
                        .spec = replicas_[i],
                        .start = nullptr,
                        .epochs = stopping_ ? stopping_->most_epochs : epochs_};
        job.spec.planned_epochs = job.epochs;
        if (stopping_) {
            job.spec.keep_model = false;  // the last model is not the one to keep
            fits_.provide(job, stop_);
            if (job.fitted) best_[i] = untrained(job);
        }
        return job;
    }

    bool epoch_done(std::int64_t id, const EpochResult& epoch, const StateReader& state) override {
        const auto i = static_cast<std::size_t>(id);
        bool goes_on = true;
        if (stopping_) goes_on = judge(best_[i], epoch, state);
        const std::lock_guard lock(mutex_);
        results_[i].epochs.push_back(epoch);
        results_[i].epoch = stopping_ ? best_[i].epoch : epoch.epoch;
        if (observer_) observer_(static_cast<int>(id), epoch);
        return goes_on;
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
        for (std::size_t i = 0; stopping_ && i < replicas_.size(); ++i)
            if (replicas_[i].keep_model) results_[i].model = kept(replicas_[i], best_[i]);
        return std::move(results_);
    }

  private:
    /// The best epoch of a replica so far.
    struct Best {
        int epoch = 0;
        double cross_entropy = std::numeric_limits<double>::infinity();
        std::vector<float> parameters;
    };

    ModelConfig config_of(const ReplicaSpec& spec) const {
        return {spec.hyperparameters, learners_.n_questions, learners_.n_categories};
    }

    /// One that starts as a classical model may be best before it is trained.
    Best untrained(const TrainingJob& job) const {
        const ModelConfig config = config_of(job.spec);
        Best best;
        best.parameters = initial_state(job.spec, config, job.fitted.get()).parameters;
        const Predictions predictions = predict({config, best.parameters, {}, {}, {}},
                                                learners_.all, job.spec.validation, stop_);
        best.cross_entropy = compute_metrics(predictions.probabilities,
                                             responses_of(learners_.all, job.spec.validation),
                                             learners_.n_categories)["cross_entropy"];
        return best;
    }

    /// Where the start is kept, nobody has to be held back any more: it is of all learners.
    Model kept(const ReplicaSpec& spec, Best& best) {
        TrainingJob job{.spec = spec, .start = nullptr};
        if (best.epoch == 0) {
            std::vector<int>& train = job.spec.train;
            train.insert(train.end(), spec.validation.begin(), spec.validation.end());
            std::ranges::sort(train);
            fits_.provide(job, stop_);
            best.parameters = initial_state(job.spec, config_of(spec), job.fitted.get()).parameters;
        }
        return model_of(config_of(spec), job.spec, learners_.all, std::move(best.parameters),
                        stop_);
    }

    /// @return whether to go on
    bool judge(Best& best, const EpochResult& epoch, const StateReader& state) const {
        const double cross_entropy = epoch.validation["cross_entropy"];
        if (cross_entropy < best.cross_entropy || best.parameters.empty()) {
            best = {
                epoch.epoch,
                std::isnan(cross_entropy) ? std::numeric_limits<double>::infinity() : cross_entropy,
                state().parameters};
            return true;
        }
        return stopping_->patience == 0 || epoch.epoch - best.epoch < stopping_->patience;
    }

    LearnerSet learners_;
    std::span<const ReplicaSpec> replicas_;
    int epochs_ = 0;
    std::optional<EarlyStopping> stopping_;
    const EpochObserver& observer_;
    std::vector<ReplicaResult> results_;
    std::vector<Best> best_;
    ClassicalFits fits_;
    StopFlag stop_;
    std::atomic<std::size_t> next_{0}, done_{0};
    std::mutex mutex_;  // of the observer
};

/// @param alone whether no other job takes memory meanwhile
/// @return false where memory didn't suffice beside other jobs, and the source has heard of nothing
bool train(TrainingJob& job, ClassicalFits& fits, const LearnerSet& learners, GuardedSource& source,
           StopFlag stop, bool alone) {
    std::optional<Replica> replica;
    bool told = false;
    try {
        job.spec.hyperparameters.validate();
        fits.provide(job, stop);
        replica.emplace(job.spec, learners, job.fitted.get(), default_arena_limit, stop);
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

void train_jobs(const LearnerSet& learners, JobSource& given, int threads, StopFlag stop) {
    GuardedSource source(given);
    ClassicalFits fits(learners);
    std::shared_mutex memory;  // held by jobs in training; alone by one that may need all of it
    const auto work = [&] {
        while (!is_set(stop)) {
            auto job = source.next(true);
            if (!job) return;
            const auto trained = [&](bool alone) {
                return train(*job, fits, learners, source, stop, alone);
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

EarlyStopping early_stopping_for(const Hyperparameters& h) {
    return h.lr_schedule == LrSchedule::constant ? EarlyStopping{100, 8} : EarlyStopping{12, 0};
}

std::vector<ReplicaResult> train_replicas(const LearnerSet& learners,
                                          std::span<const ReplicaSpec> replicas,
                                          const TrainingLength& length, int threads,
                                          const EpochObserver& observer, StopFlag stop) {
    for (const ReplicaSpec& spec : replicas)
        spec.hyperparameters.validate();
    ReplicaList list(learners, replicas, length, observer, stop);
    train_jobs(learners, list, std::min(threads, static_cast<int>(replicas.size())), stop);
    return list.take();
}

std::vector<ReplicaResult> train_replicas(const LearnerSet& learners,
                                          std::span<const ReplicaSpec> replicas,
                                          const TrainingLength& length,
                                          const DeviceTraining& options,
                                          const EpochObserver& observer, StopFlag stop) {
    for (const ReplicaSpec& spec : replicas)
        spec.hyperparameters.validate();
    ReplicaList list(learners, replicas, length, observer, stop);
    train_jobs(learners, list, options, stop);
    return list.take();
}

}  // namespace manygpcm
