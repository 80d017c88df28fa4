// Replicas whose models are wanted, with a checkpoint now and then and at their end.
#include "sweep/refit.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "manygpcm/engine/training.h"

namespace manygpcm::search {
namespace {

using Clock = std::chrono::steady_clock;

class WinnerJobs : public JobSource {
  public:
    /// @param jobs their ids are 0, 1, ..
    WinnerJobs(std::vector<TrainingJob> jobs, const CheckpointDirectory& checkpoints,
               ProgressTracker& tracker)
        : checkpoints_(checkpoints), waiting_(jobs.size()), tracker_(tracker) {
        for (TrainingJob& job : jobs) {
            of_jobs_.push_back({.spec = job.spec, .epochs = job.epochs});
            jobs_.push_back(std::move(job));
        }
    }

    std::optional<TrainingJob> next(bool) override {
        const std::lock_guard lock(mutex_);
        if (given_ == jobs_.size()) return std::nullopt;
        return std::move(jobs_[given_++]);
    }

    bool epoch_done(std::int64_t id, const EpochResult& epoch, const StateReader& state) override {
        OfJob& job = of_job(id);
        bool save = false;
        {
            const std::lock_guard lock(mutex_);
            tracker_.refit_epoch_done();
            save = epoch.epoch < job.epochs && Clock::now() - job.saved >= checkpoint_interval;
            if (save) job.saved = Clock::now();
        }
        if (save) checkpoints_.save(job.spec, state());
        return !tracker_.ended();
    }

    void job_done(std::int64_t id, ReplicaState state, Model trained) override {
        OfJob& job = of_job(id);
        checkpoints_.save(job.spec, state);    // the model itself isn't on the disk yet
        if (state.epoch < job.epochs) return;  // ended by a callback
        const std::lock_guard lock(mutex_);
        job.model = std::move(trained);
        --waiting_;
    }

    void job_stopped(std::int64_t id, ReplicaState state) override {
        if (state.epoch > 0) checkpoints_.save(of_job(id).spec, state);
    }

    void job_failed(std::int64_t, std::exception_ptr why) override {
        std::rethrow_exception(std::move(why));
    }

    void abandon() override {
        const std::lock_guard lock(mutex_);
        given_ = jobs_.size();
    }

    /// When training has ended. @throws Interrupted where it was stopped
    std::vector<Model> take() {
        if (waiting_ > 0) throw Interrupted("interrupted before it was done");
        std::vector<Model> models;
        for (OfJob& job : of_jobs_)
            models.push_back(std::move(job.model));
        return models;
    }

  private:
    struct OfJob {
        ReplicaSpec spec;
        int epochs = 0;
        Clock::time_point saved = Clock::now();
        Model model = {};
    };

    OfJob& of_job(std::int64_t id) { return of_jobs_[static_cast<std::size_t>(id)]; }

    const CheckpointDirectory& checkpoints_;
    std::vector<OfJob> of_jobs_;

    std::mutex mutex_;  // of all below: several threads ask for jobs
    std::vector<TrainingJob> jobs_;
    std::size_t given_ = 0, waiting_;
    ProgressTracker& tracker_;
};

/// The winner on one fold, from its checkpoint where there is one.
TrainingJob winner_job(const Study& study, const Trial& winner, int fold, std::vector<int> train,
                       std::vector<int> validation, const CheckpointDirectory& checkpoints) {
    TrainingJob job{.spec = {.hyperparameters = study.at(winner.point),
                             .train = std::move(train),
                             .validation = std::move(validation),
                             .seed = study.seed,
                             .trial = winner.number,
                             .fold = fold,
                             .planned_epochs = study.epochs,
                             .keep_model = true},
                    .start = nullptr,
                    .epochs = study.epochs};
    job.start = checkpoints.load(
        job.spec, {job.spec.hyperparameters, study.n_questions, study.n_categories}, job.epochs);
    return job;
}

int epochs_left(const TrainingJob& job) {
    return job.epochs - (job.start ? job.start->epoch : 0);
}

}  // namespace

Model refit(const Study& study, const Trial& winner, const LearnerPool& learners,
            const Context& context, const CheckpointDirectory& checkpoints,
            ProgressTracker& tracker) {
    // The refit's fold number is one that no fold has: its weights and batches are its own.
    TrainingJob job =
        winner_job(study, winner, study.n_folds, learners.cross_validated(), {}, checkpoints);
    checkpoints.keep(
        [&](int trial, int fold) { return fold != study.n_folds || trial == winner.number; });
    tracker.begin_refit(epochs_left(job));
    WinnerJobs source({std::move(job)}, checkpoints, tracker);
    train_jobs(learners.set(), source, context);
    return source.take().front();
}

std::vector<Model> fold_models(const Study& study, const Trial& winner, const LearnerPool& learners,
                               std::span<const Fold> folds, const Context& context,
                               const CheckpointDirectory& checkpoints, ProgressTracker& tracker) {
    std::vector<TrainingJob> jobs;
    int epochs = 0;
    for (const Fold& fold : folds) {
        const auto number = static_cast<int>(jobs.size());
        jobs.push_back(winner_job(study, winner, number, fold.train, fold.validation, checkpoints));
        jobs.back().id = number;
        epochs += epochs_left(jobs.back());
    }
    if (epochs > 0) tracker.begin_refit(epochs);
    WinnerJobs source(std::move(jobs), checkpoints, tracker);
    train_jobs(learners.set(), source, context);
    return source.take();
}

}  // namespace manygpcm::search
