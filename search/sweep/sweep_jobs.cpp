// Jobs are handed out, and results put on record, under one lock; states are saved outside it.
#include "sweep/sweep_jobs.h"

#include <fmt/format.h>

#include <algorithm>
#include <new>
#include <stdexcept>
#include <utility>

#include "manygpcm/engine/error.h"
#include "storage/open_study.h"
#include "storage/presence.h"

namespace manygpcm::search {
namespace {

using namespace std::chrono_literals;

// Epochs shorter than this are written together; longer ones each by itself, as it ends.
constexpr auto write_interval = 1s;
// How often a worker without work looks for what other processes did.
constexpr auto poll_interval = 500ms;
// So long states are saved once the sweep is stopped: a device may train hundreds of replicas, and
// whoever stops a sweep waits. Those without go on from an older state.
constexpr auto saving_time = 2s;

// Failures are part of a search, but many in a row have a cause that it should be asked for: so
// many are told of, and again when they have doubled.
constexpr int first_told_in_a_row = 5;
// Trials that can't be trained at all end soon, and what keeps one from it may keep all: a machine
// short of memory isn't to use up the search. The same command goes on with the next ones.
constexpr int most_untrainable_in_a_row = 10;

/// One line.
std::string message_of(const std::exception_ptr& why) {
    try {
        std::rethrow_exception(why);
    } catch (const std::bad_alloc&) {
        return "out of memory";
    } catch (const std::exception& error) {
        std::string message = error.what();
        std::ranges::replace(message, '\n', ' ');
        return message;
    } catch (...) {
        return "unknown exception";
    }
}

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

SweepJobs::SweepJobs(OpenStudy& journal, SweepPlan& plan, std::span<const Fold> folds,
                     bool keep_folds, const CheckpointDirectory& checkpoints,
                     ProgressTracker& tracker, StopFlag stop, const Notice& notice)
    : journal_(journal),
      plan_(plan),
      folds_(folds),
      keep_folds_(keep_folds),
      checkpoints_(checkpoints),
      tracker_(tracker),
      stop_(stop),
      notice_(notice) {
    journal_.sync();
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
        if (changed_.wait_for(lock, poll_interval) == std::cv_status::timeout) journal_.sync();
    }
}

void SweepJobs::advance() {
    plan_.advance(record(), [this](int place, const Point& proposed, std::optional<Origin> origin) {
        throw_if_set(stop_);  // choosing the points of a whole window may take long
        journal_.begin_trial(place, proposed, origin);
    });
    for (const Verdict& verdict : plan_.take_judged())
        tracker_.judged(trial_of(verdict.trial), verdict.epochs);
    for (const Verdict& verdict : plan_.take_ended())
        end(verdict);
    tracker_.tried({.begun = plan_.trials_begun(),
                    .judged = plan_.trials_judged(),
                    .without_gain = plan_.trials_without_gain(),
                    .best_full = best_trial()});
}

void SweepJobs::end(const Verdict& verdict) {
    const int number = trial_of(verdict.trial).number;
    const bool ends_now = trial_of(verdict.trial).unfinished();
    if (ends_now) journal_.finish(number, state_after(verdict));
    const Trial &trial = trial_of(verdict.trial), *best = best_trial();
    if (trial.full() && (best == nullptr || record().better(trial.score(), best->score())))
        best_ = number;
    if (!ends_now) return;
    tracker_.over(trial);
    expect_trainable(verdict.trial);
}

/// Tells where trials fail in a row. @throws std::runtime_error where too many can't be trained
void SweepJobs::expect_trainable(int place) {
    const Trial& trial = trial_of(place);
    const bool trainable = std::ranges::all_of(trial.fold_failures, &std::string::empty);
    untrainable_in_a_row_ = trainable ? 0 : untrainable_in_a_row_ + 1;
    if (trial.state != TrialState::failed) return;
    if (untrainable_in_a_row_ == most_untrainable_in_a_row)
        throw std::runtime_error(fmt::format(
            "{} trials in a row couldn't be trained, the last, trial {}, because of {}; the same "
            "command goes on with the next ones",
            most_untrainable_in_a_row, trial.number + 1, trial.failure));
    int told = first_told_in_a_row;
    const int in_a_row = failed_in_a_row(place);
    while (told < in_a_row)
        told *= 2;
    if (told == in_a_row && notice_)
        notice_(fmt::format("{}: {} trials in a row failed, the last, trial {}: {}",
                            journal_.storage(), in_a_row, trial.number + 1, trial.failure));
}

/// Trials up to this place that failed without one between that ended otherwise.
int SweepJobs::failed_in_a_row(int last) const {
    int n = 0;
    for (int place = last; place >= 0; --place) {
        const Trial& trial = trial_of(place);
        if (trial.unfinished()) continue;
        if (trial.state != TrialState::failed) break;
        ++n;
    }
    return n;
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

/// Whether the trial is the best so far, or how good it is isn't known yet.
bool SweepJobs::may_win(int number) const {
    if (best_ == number) return true;
    const std::vector<Trial>& trials = record().trials;
    return number < static_cast<int>(trials.size()) &&
           trials[static_cast<std::size_t>(number)].unfinished();
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
                    .spec = {.hyperparameters = study.at(trial.point),
                             .train = folds_[fold].train,
                             .validation = folds_[fold].validation,
                             .seed = study.seed,
                             .trial = trial.number,
                             .fold = assignment.fold,
                             .planned_epochs = study.epochs,
                             .keep_model = false},
                    .start = nullptr,
                    .epochs = assignment.epochs};
    // Not from beyond the record: the epochs between would be missing there.
    job.start = checkpoints_.load(job.spec,
                                  {job.spec.hyperparameters, study.n_questions, study.n_categories},
                                  static_cast<int>(trial.folds[fold].size()));
    tracker_.begin_training();
    if (assignment.rung > 0 && promoted_.insert({assignment.trial, assignment.rung}).second)
        tracker_.promoted(trial, assignment.epochs);
    in_training_[job.id] = {.assignment = assignment,
                            .spec = job.spec,
                            .first_epoch = job.start ? job.start->epoch : 0};
    return job;
}

bool SweepJobs::epoch_done(std::int64_t id, const EpochResult& epoch, const StateReader& state) {
    bool save = false;
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
            tracker_.epoch_done(trial, found.assignment.fold, epoch);
        }
        const bool last = epoch.epoch == found.assignment.epochs;
        save = !last && Clock::now() - found.saved >= checkpoint_interval;
        if (last || save || Clock::now() - written_ >= write_interval) write_epochs();
        if (save) found.saved = Clock::now();
    }
    if (save) checkpoints_.save(job->spec, state());
    return !abandoned_ && !tracker_.ended();
}

void SweepJobs::job_done(std::int64_t id, ReplicaState state, Model) {
    const InTraining* job = nullptr;
    bool save = false;
    {
        const std::lock_guard lock(mutex_);
        job = &in_training_.at(id);
        if (!stopping()) advance();
        if (tracker_.ended()) write_epochs();  // it may not be its last
        save = state.epoch < full_epochs_ ? plan_.needs_state(job->assignment.trial) : keep_folds_;
    }
    // Nobody is given the replica before its state is saved: it is in training until then.
    if (save) checkpoints_.save(job->spec, state);
    const std::lock_guard lock(mutex_);
    in_training_.erase(id);
    // The refit's state, whose fold is one that no fold has, isn't of a trial.
    checkpoints_.keep([this](int trial, int fold) {
        return fold == static_cast<int>(folds_.size()) || needs_state(trial) ||
               (keep_folds_ && may_win(trial));
    });
    changed_.notify_all();
}

void SweepJobs::job_stopped(std::int64_t id, ReplicaState state) {
    const InTraining* job = nullptr;
    bool save = false;
    {
        const std::lock_guard lock(mutex_);
        job = &in_training_.at(id);
        if (!stopped_) stopped_ = Clock::now();
        try {
            // First, as a state from beyond the record is of no use. Where another holds the lock,
            // one job waits for it and the others don't.
            if (!lock_missed_) write_epochs();
        } catch (const Interrupted&) {
            lock_missed_ = true;
        }
        save = !lock_missed_ && state.epoch > job->first_epoch &&
               Clock::now() - *stopped_ < saving_time;
    }
    if (save) checkpoints_.save(job->spec, state);
    const std::lock_guard lock(mutex_);
    in_training_.erase(id);
}

void SweepJobs::job_failed(std::int64_t id, std::exception_ptr why) {
    const std::lock_guard lock(mutex_);
    const Assignment assignment = in_training_.at(id).assignment;
    write_epochs();
    journal_.fail_fold(trial_of(assignment.trial).number, assignment.fold, message_of(why));
    in_training_.erase(id);
    if (!stopping()) advance();
    changed_.notify_all();
}

void SweepJobs::abandon() {
    abandoned_ = true;
    changed_.notify_all();
}

/// On return the epochs are on the disk: only then do they count.
void SweepJobs::write_epochs() {
    if (unwritten_.empty()) return;
    journal_.record_epochs(unwritten_);
    unwritten_.clear();
    written_ = Clock::now();
}

}  // namespace manygpcm::search
