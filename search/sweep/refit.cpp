// One replica, with a checkpoint now and then and at its end.
#include "sweep/refit.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "manygpcm/engine/training.h"
#include "sweep/train_on.h"

namespace manygpcm::search {
namespace {

using Clock = std::chrono::steady_clock;

class RefitJob : public JobSource {
  public:
    RefitJob(TrainingJob job, const CheckpointDirectory& checkpoints, ProgressTracker& tracker)
        : spec_(job.spec),
          epochs_(job.epochs),
          checkpoints_(checkpoints),
          job_(std::move(job)),
          tracker_(tracker) {}

    std::optional<TrainingJob> next(bool) override {
        const std::lock_guard lock(mutex_);
        return std::exchange(job_, std::nullopt);
    }

    bool epoch_done(std::int64_t, const EpochResult& epoch, const StateReader& state) override {
        const std::lock_guard lock(mutex_);
        tracker_.epoch_done();
        if (epoch.epoch < epochs_ && Clock::now() - saved_ >= checkpoint_interval) {
            checkpoints_.save(spec_, state());
            saved_ = Clock::now();
        }
        return true;
    }

    void job_done(std::int64_t, ReplicaState state, Model trained) override {
        const std::lock_guard lock(mutex_);
        checkpoints_.save(spec_, state);  // the model itself isn't on the disk yet
        model_ = std::move(trained);
    }

    void job_stopped(std::int64_t, ReplicaState state) override {
        if (state.epoch > 0) checkpoints_.save(spec_, state);
    }

    void job_failed(std::int64_t, std::exception_ptr why) override {
        std::rethrow_exception(std::move(why));
    }

    void abandon() override {
        const std::lock_guard lock(mutex_);
        job_.reset();
    }

    /// When training has ended. @throws Interrupted where it was stopped
    Model take() {
        if (!model_) throw Interrupted("interrupted before it was done");
        return *std::move(model_);
    }

  private:
    ReplicaSpec spec_;
    int epochs_;
    const CheckpointDirectory& checkpoints_;

    std::mutex mutex_;  // of all below: a device has several threads, each of which asks for jobs
    std::optional<TrainingJob> job_;
    std::optional<Model> model_;
    ProgressTracker& tracker_;
    Clock::time_point saved_ = Clock::now();
};

}  // namespace

Model refit(const Study& study, const Trial& winner, const LearnerPool& learners,
            const std::optional<DeviceTraining>& device, const CheckpointDirectory& checkpoints,
            ProgressTracker& tracker, StopFlag stop) {
    TrainingJob job{.id = 0,
                    // The refit's fold number is one that no fold has: its weights and batches are
                    // its own.
                    .spec = {.hyperparameters = study.space.apply(winner.point, study.base),
                             .train = learners.cross_validated(),
                             .validation = {},
                             .seed = study.seed,
                             .trial = winner.number,
                             .fold = study.n_folds,
                             .planned_epochs = study.epochs,
                             .keep_model = true},
                    .start = nullptr,
                    .epochs = study.epochs};
    job.start = checkpoints.load(
        job.spec, {job.spec.hyperparameters, study.n_questions, study.n_categories}, job.epochs);
    checkpoints.keep(
        [&](int trial, int fold) { return fold != job.spec.fold || trial == winner.number; });
    tracker.begin_refit(job.epochs - (job.start ? job.start->epoch : 0));
    RefitJob source(std::move(job), checkpoints, tracker);
    train_on(device, 1, learners.set(), source, stop);
    return source.take();
}

}  // namespace manygpcm::search
