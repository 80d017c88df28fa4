// The plain list of replicas as a source of jobs: all trained alike, to their end or to the best
// epoch, from where they were interrupted.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <limits>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "manygpcm/engine/context.h"
#include "manygpcm/engine/parts_of.h"
#include "manygpcm/engine/responses_of.h"
#include "manygpcm/engine/running_metrics.h"
#include "manygpcm/engine/training.h"
#include "training/classical_fits.h"
#include "training/kept_replica.h"
#include "training/replica_state.h"

namespace manygpcm {
namespace {

/// Replicas given at once, all trained alike.
class ReplicaList : public JobSource {
  public:
    ReplicaList(const LearnerSet& learners, std::span<const ReplicaSpec> replicas,
                const TrainingLength& length, const EpochObserver& observer, StopFlag stop,
                const TrainingCheckpoints* checkpoints)
        : learners_(learners),
          replicas_(replicas),
          length_(length),
          observer_(observer),
          checkpoints_(checkpoints),
          results_(replicas.size()),
          best_(replicas.size()),
          saved_(replicas.size(), Clock::now()),
          kept_epochs_(replicas.size()),
          fits_(learners),
          stop_(stop) {}

    std::optional<TrainingJob> next(bool) override {
        const std::size_t i = next_++;
        if (i >= replicas_.size()) return std::nullopt;
        TrainingJob job{.id = static_cast<std::int64_t>(i),
                        .spec = replicas_[i],
                        .start = nullptr,
                        .epochs = most_epochs(length_)};
        job.spec.planned_epochs = job.epochs;
        go_on(job);
        if (finds_best(length_)) {
            job.spec.keep_model = false;  // the last model is not the one to keep
            fits_.provide(job, stop_);
            if (job.fitted && !job.start) best_[i] = untrained(job);
        }
        return job;
    }

    bool epoch_done(std::int64_t id, const EpochResult& epoch, const StateReader& state) override {
        const auto i = static_cast<std::size_t>(id);
        if (finds_best(length_) && is_better(best_[i], epoch))
            best_[i] = {epoch.epoch, comparable(epoch), state().parameters};
        {
            const std::lock_guard lock(mutex_);
            results_[i].epochs.push_back(epoch);
            results_[i].epoch = finds_best(length_) ? best_[i].epoch : epoch.epoch;
            if (observer_) observer_(static_cast<int>(id), epoch, left(i, epoch.epoch));
        }
        if (checkpoints_ != nullptr && Clock::now() - saved_[i] >= checkpoint_interval) {
            save(i, state());
            saved_[i] = Clock::now();
        }
        return left(i, epoch.epoch).most > 0;
    }

    void job_done(std::int64_t id, ReplicaState state, Model model) override {
        const auto i = static_cast<std::size_t>(id);
        results_[i].model = std::move(model);
        // The others may be stopped, and so may what is done with the model.
        if (checkpoints_ != nullptr && state.epoch > kept_epochs_[i]) save(i, std::move(state));
        ++done_;
    }

    void job_stopped(std::int64_t id, ReplicaState state) override {
        if (checkpoints_ != nullptr && state.epoch > kept_epochs_[static_cast<std::size_t>(id)])
            save(static_cast<std::size_t>(id), std::move(state));
    }

    void job_failed(std::int64_t, std::exception_ptr why) override {
        std::rethrow_exception(std::move(why));
    }

    void abandon() override { next_ = replicas_.size(); }

    std::vector<ReplicaResult> take() {
        if (done_ < replicas_.size()) throw Interrupted("interrupted before it was done");
        for (std::size_t i = 0; finds_best(length_) && i < replicas_.size(); ++i)
            if (replicas_[i].keep_model) results_[i].model = kept(replicas_[i], best_[i]);
        return std::move(results_);
    }

  private:
    using Clock = std::chrono::steady_clock;

    ModelConfig config_of(const ReplicaSpec& spec) const {
        return {spec.hyperparameters, learners_.n_questions, learners_.n_categories};
    }

    /// One that starts as a classical model may be best before it is trained.
    BestEpoch untrained(const TrainingJob& job) const {
        const ModelConfig config = config_of(job.spec);
        BestEpoch best;
        best.parameters = initial_state(job.spec, config, job.fitted.get()).parameters;
        const Model model{config, best.parameters, {}, {}, {}};
        RunningMetrics metrics(learners_.n_categories);
        for (const std::span<const int> part : parts_of(learners_.all, job.spec.validation))
            metrics.add(predict(model, learners_.all, part, stop_).probabilities,
                        responses_of(learners_.all, part));
        best.cross_entropy = metrics.metrics()["cross_entropy"];
        return best;
    }

    /// Where the start is kept, nobody has to be held back any more: it is of all learners.
    Model kept(const ReplicaSpec& spec, BestEpoch& best) {
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

    static double comparable(const EpochResult& epoch) {
        const double cross_entropy = epoch.validation["cross_entropy"];
        return std::isnan(cross_entropy) ? std::numeric_limits<double>::infinity() : cross_entropy;
    }

    static bool is_better(const BestEpoch& best, const EpochResult& epoch) {
        return comparable(epoch) < best.cross_entropy || best.parameters.empty();
    }

    EpochsLeft left(std::size_t i, int epochs) const {
        return epochs_left(length_, epochs, best_[i].epoch);
    }

    /// Lets a job begin where it was interrupted; it need not be trained any more.
    void go_on(TrainingJob& job) {
        if (checkpoints_ == nullptr) return;
        const auto i = static_cast<std::size_t>(job.id);
        auto progress =
            load_progress(*checkpoints_, static_cast<int>(job.id), job.spec, config_of(job.spec));
        if (!progress || progress->state.epoch > job.epochs ||
            (finds_best(length_) && progress->best.parameters.empty()))
            return;
        job.start = std::make_shared<const ReplicaState>(std::move(progress->state));
        best_[i] = std::move(progress->best);
        kept_epochs_[i] = job.start->epoch;
        if (left(i, job.start->epoch).most == 0) job.epochs = job.start->epoch;
        results_[i].epochs = std::move(progress->epochs);
        results_[i].epoch = finds_best(length_) ? best_[i].epoch : job.start->epoch;
    }

    void save(std::size_t i, ReplicaState state) const {
        ReplicaSpec spec = replicas_[i];
        spec.planned_epochs = most_epochs(length_);
        save_progress(*checkpoints_, static_cast<int>(i), spec,
                      {std::move(state), results_[i].epochs, best_[i]});
    }

    LearnerSet learners_;
    std::span<const ReplicaSpec> replicas_;
    const TrainingLength& length_;
    const EpochObserver& observer_;
    const TrainingCheckpoints* checkpoints_;  // null: none are kept
    std::vector<ReplicaResult> results_;  // this and the next three: an entry is its job's alone
    std::vector<BestEpoch> best_;
    std::vector<Clock::time_point> saved_;
    std::vector<int> kept_epochs_;  // those of the checkpoint that a job goes on from
    ClassicalFits fits_;
    StopFlag stop_;
    std::atomic<std::size_t> next_{0}, done_{0};
    std::mutex mutex_;  // of the observer
};

}  // namespace

EarlyStopping early_stopping_for(const Hyperparameters& h) {
    return h.lr_schedule == LrSchedule::constant ? EarlyStopping{100, 8} : EarlyStopping{12, 0};
}

std::vector<ReplicaResult> train_replicas(const LearnerSet& learners,
                                          std::span<const ReplicaSpec> replicas,
                                          const TrainingLength& length, const Context& context,
                                          const EpochObserver& observer,
                                          const TrainingCheckpoints* checkpoints) {
    for (const ReplicaSpec& spec : replicas)
        spec.hyperparameters.validate();
    ReplicaList list(learners, replicas, length, observer, context.stop, checkpoints);
    Context of_list = context;
    of_list.jobs = std::clamp(static_cast<int>(replicas.size()), 1, context.threads());
    train_jobs(learners, list, of_list);
    return list.take();
}

std::vector<ReplicaResult> train_replicas(const LearnerSet& learners,
                                          std::span<const ReplicaSpec> replicas,
                                          const TrainingLength& length, int threads,
                                          const EpochObserver& observer, StopFlag stop,
                                          const TrainingCheckpoints* checkpoints) {
    const Context context{.jobs = std::max(1, threads), .stop = stop};
    return train_replicas(learners, replicas, length, context, observer, checkpoints);
}

std::vector<ReplicaResult> train_replicas(const LearnerSet& learners,
                                          std::span<const ReplicaSpec> replicas,
                                          const TrainingLength& length,
                                          const DeviceTraining& options,
                                          const EpochObserver& observer, StopFlag stop,
                                          const TrainingCheckpoints* checkpoints) {
    const Context context{.device = options, .stop = stop};
    return train_replicas(learners, replicas, length, context, observer, checkpoints);
}

}  // namespace manygpcm
