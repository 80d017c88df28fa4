// Jobs are handed out, and results put on record, under one lock; states are saved outside it.
#include "sweep_jobs.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "manygpcm/engine/error.h"
#include "presence.h"

namespace manygpcm {
namespace {

using namespace std::chrono_literals;

// Epochs shorter than this are written together; longer ones each by itself, as it ends.
constexpr auto write_interval = 1s;
// So much training may be lost in a replica whose process dies.
constexpr auto checkpoint_interval = 10s;
// How often a worker without work looks for what other processes did.
constexpr auto poll_interval = 500ms;

TrialState state_after(const Verdict& verdict) {
    switch (verdict.kind) {
        case Verdict::Kind::complete:
            return TrialState::complete;
        case Verdict::Kind::failed:
            return TrialState::failed;
        case Verdict::Kind::paused:
        case Verdict::Kind::stopped:
            break;
    }
    return TrialState::pruned;
}

}  // namespace

SweepJobs::SweepJobs(JournalStudy& journal, SweepPlan& plan, std::span<const Fold> folds,
                     const CheckpointDirectory& checkpoints, ProgressTracker& tracker,
                     const std::atomic<bool>* stop)
    : journal_(journal),
      plan_(plan),
      folds_(folds),
      checkpoints_(checkpoints),
      tracker_(tracker),
      stop_(stop) {
    read_record();
    full_epochs_ = record().epochs;
}

std::optional<TrainingJob> SweepJobs::next(bool wait) {
    std::unique_lock lock(mutex_);
    for (;;) {
        if (stopping()) return std::nullopt;
        advance();
        if (auto job = claim()) return job;
        if (plan_.finished()) {
            changed_.notify_all();
            return std::nullopt;
        }
        if (!wait) return std::nullopt;
        if (changed_.wait_for(lock, poll_interval) == std::cv_status::timeout) read_record();
    }
}

void SweepJobs::advance() {
    plan_.advance(record(), [this](int place, const Point& proposed) {
        journal_.begin_trial(place, proposed);
    });
    for (const Verdict& verdict : plan_.take_ended()) {
        const int number = trial_of(verdict.trial).number;
        if (trial_of(verdict.trial).unfinished()) journal_.finish(number, state_after(verdict));
        const Trial &trial = trial_of(verdict.trial), *best = best_trial();
        if (trial.full() && (best == nullptr || trial.score() > best->score())) best_ = number;
    }
    tracker_.tried(plan_.trials_judged(), best_trial());
}

const Trial& SweepJobs::trial_of(int place) const {
    return *trial_at(record(), place);
}

const Trial* SweepJobs::best_trial() const {
    return best_ ? &record().trials[static_cast<std::size_t>(*best_)] : nullptr;
}

/// Of the search alone: who else begins a trial is no longer ahead once the record is read.
bool SweepJobs::needs_state(int number) {
    const std::vector<int>& begun = record().begun;
    for (auto place = static_cast<int>(places_.size()); place < static_cast<int>(begun.size());
         ++place)
        places_[begun[static_cast<std::size_t>(place)]] = place;
    const auto place = places_.find(number);
    return place == places_.end() || plan_.needs_state(place->second);
}

/// The first of what is to be trained that nobody trains.
std::optional<TrainingJob> SweepJobs::claim() {
    for (const Assignment& assignment : plan_.outstanding()) {
        if (score_on_record(record(), assignment)) continue;
        const bool taken = std::ranges::any_of(in_training_, [&](const auto& entry) {
            return entry.second.assignment.trial == assignment.trial &&
                   entry.second.assignment.fold == assignment.fold;
        });
        if (!taken && may_take(trial_of(assignment.trial).number)) return start(assignment);
    }
    return std::nullopt;
}

/// Whether the trial is this process's. One whose worker has died is from now on.
bool SweepJobs::may_take(int trial) {
    if (journal_.worker(trial) == Worker::self) return true;
    return !is_elsewhere(journal_, trial) && journal_.take_over(trial);
}

TrainingJob SweepJobs::start(const Assignment& assignment) {
    const Study& study = record();
    const Trial& trial = trial_of(assignment.trial);
    const auto fold = static_cast<std::size_t>(assignment.fold);
    TrainingJob job{.id = next_id_++,
                    .spec = {.hyperparameters = study.space.apply(trial.point, study.base),
                             .train = folds_[fold].train,
                             .validation = folds_[fold].validation,
                             .seed = study.seed,
                             .trial = trial.number,
                             .fold = assignment.fold,
                             .keep_model = false},
                    .start = nullptr,
                    .epochs = assignment.epochs};
    // Not from beyond the record: the epochs between would be missing there.
    job.start = checkpoints_.load(job.spec,
                                  {job.spec.hyperparameters, study.n_questions, study.n_categories},
                                  static_cast<int>(trial.folds[fold].size()));
    in_training_[job.id] = {.assignment = assignment, .spec = job.spec};
    return job;
}

bool SweepJobs::epoch_done(std::int64_t id, const EpochResult& epoch, const StateReader& state) {
    bool save = false, go_on = true;
    const InTraining* job = nullptr;
    {
        const std::lock_guard lock(mutex_);
        InTraining& found = in_training_.at(id);
        job = &found;
        // One that is on record already was trained again from an older state: it is the same.
        const Trial& trial = trial_of(found.assignment.trial);
        const auto on_record = trial.folds[static_cast<std::size_t>(found.assignment.fold)].size();
        const auto waiting = std::ranges::count_if(unwritten_, [&](const FoldEpoch& one) {
            return one.trial == trial.number && one.fold == found.assignment.fold;
        });
        if (epoch.epoch > static_cast<int>(on_record) + static_cast<int>(waiting)) {
            unwritten_.push_back(
                {.trial = trial.number, .fold = found.assignment.fold, .result = epoch});
            tracker_.epoch_done();
        }
        go_on = !stopping();
        const bool last = epoch.epoch == found.assignment.epochs;
        save = !last && go_on && Clock::now() - found.saved >= checkpoint_interval;
        if (last || save || !go_on || Clock::now() - written_ >= write_interval) write_epochs();
        if (save) found.saved = Clock::now();
    }
    if (save) checkpoints_.save(job->spec, state());
    return go_on;
}

void SweepJobs::job_done(std::int64_t id, ReplicaState state, Model) {
    const InTraining* job = nullptr;
    bool save = false;
    {
        const std::lock_guard lock(mutex_);
        job = &in_training_.at(id);
        advance();
        save = state.epoch < full_epochs_ && plan_.needs_state(job->assignment.trial);
    }
    // Nobody is given the replica before its state is saved: it is in training until then.
    if (save) checkpoints_.save(job->spec, state);
    const std::lock_guard lock(mutex_);
    in_training_.erase(id);
    // The refit's state, whose fold is one that no fold has, isn't of a trial.
    checkpoints_.keep([this](int trial, int fold) {
        return fold == static_cast<int>(folds_.size()) || needs_state(trial);
    });
    changed_.notify_all();
}

void SweepJobs::abandon() {
    abandoned_ = true;
    changed_.notify_all();
}

/// On return the epochs are on the disk: only then do they count.
void SweepJobs::write_epochs() {
    journal_.record_epochs(unwritten_);
    unwritten_.clear();
    written_ = Clock::now();
}

void SweepJobs::read_record() {
    std::error_code error;
    const std::uintmax_t bytes = std::filesystem::file_size(journal_.file(), error);
    if (!error && bytes == bytes_read_) return;
    journal_.sync();
    bytes_read_ = bytes;
}

}  // namespace manygpcm
