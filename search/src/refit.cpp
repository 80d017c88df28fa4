// One replica, with a checkpoint now and then and at its end.
#include "refit.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <utility>

#include "manygpcm/engine/training.h"
#include "train_on.h"

namespace manygpcm {
namespace {

using Clock = std::chrono::steady_clock;

// So much training may be lost where the process dies.
constexpr std::chrono::seconds checkpoint_interval{10};

class RefitJob : public JobSource {
  public:
    RefitJob(TrainingJob job, const CheckpointDirectory& checkpoints, ProgressTracker& tracker,
             const std::atomic<bool>* stop)
        : spec_(job.spec),
          epochs_(job.epochs),
          job_(std::move(job)),
          checkpoints_(checkpoints),
          tracker_(tracker),
          stop_(stop) {}

    std::optional<TrainingJob> next(bool) override { return std::exchange(job_, std::nullopt); }

    bool epoch_done(std::int64_t, const EpochResult& epoch, const StateReader& state) override {
        tracker_.epoch_done();
        if (stop_ != nullptr && *stop_) return false;
        if (epoch.epoch < epochs_ && Clock::now() - saved_ >= checkpoint_interval) {
            checkpoints_.save(spec_, state());
            saved_ = Clock::now();
        }
        return true;
    }

    void job_done(std::int64_t, ReplicaState state, Model trained) override {
        checkpoints_.save(spec_, state);  // the model itself isn't on the disk yet
        if (state.epoch == epochs_) model = std::move(trained);
    }

    void abandon() override { job_.reset(); }

    std::optional<Model> model;

  private:
    ReplicaSpec spec_;
    int epochs_;
    std::optional<TrainingJob> job_;
    const CheckpointDirectory& checkpoints_;
    ProgressTracker& tracker_;
    const std::atomic<bool>* stop_;
    Clock::time_point saved_ = Clock::now();
};

}  // namespace

std::optional<Model> refit(const Study& study, const Trial& winner, const LearnerPool& learners,
                           const std::optional<DeviceTraining>& device,
                           const CheckpointDirectory& checkpoints, ProgressTracker& tracker,
                           const std::atomic<bool>* stop) {
    TrainingJob job{.id = 0,
                    // The refit's fold number is one that no fold has: its weights and batches are
                    // its own.
                    .spec = {.hyperparameters = study.space.apply(winner.point, study.base),
                             .train = learners.cross_validated(),
                             .validation = {},
                             .seed = study.seed,
                             .trial = winner.number,
                             .fold = study.n_folds,
                             .keep_model = true},
                    .start = nullptr,
                    .epochs = study.epochs};
    job.start = checkpoints.load(
        job.spec, {job.spec.hyperparameters, study.n_questions, study.n_categories}, job.epochs);
    checkpoints.keep(
        [&](int trial, int fold) { return fold != job.spec.fold || trial == winner.number; });
    tracker.begin_refit(job.epochs - (job.start ? job.start->epoch : 0));
    RefitJob source(std::move(job), checkpoints, tracker, stop);
    train_on(device, 1, learners, study, source);
    return std::move(source.model);
}

}  // namespace manygpcm
