// One study of a storage, kept up while a sweep writes to it. docs/study_journal.md has the
// attributes.
#pragma once

#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>

#include "manygpcm/engine/stop.h"
#include "manygpcm/engine/training.h"
#include "manygpcm/search/notice.h"
#include "manygpcm/search/study.h"

namespace manygpcm::search {

/// Whether the process that works on a trial still runs. unknown: on another machine, or Optuna's.
enum class Worker { alive, dead, unknown, self };

/// One epoch of one fold of a trial.
struct FoldEpoch {
    int trial = 0;
    int fold = 0;
    EpochResult result;
};

/// One study of a storage, open for writing. Every function that writes first reads what other
/// processes wrote, in its turn among them, and returns when its own is kept for good. Conflicts
/// are resolved as Optuna does: the order on record decides, a trial that has finished doesn't
/// change any more. For one thread at a time.
class OpenStudy {
  public:
    /// Opens study `name`, or creates it with the settings of `study` (its trials and results
    /// aren't looked at). What is there must have the same settings, `jobs` aside.
    /// @param where  as open_log() takes it
    /// @param stop  ends waits for other writers with Interrupted, here and in every function that
    /// writes; null: never
    /// @throws InputError naming the storage, the setting, its value there and the one expected;
    /// and as open_log() and sync() do.
    OpenStudy(const std::filesystem::path& where, const std::string& name, const Study& study,
              Notice notice = {}, StopFlag stop = nullptr);
    ~OpenStudy();

    /// What the storage is called in messages.
    std::string storage() const;
    const std::string& name() const;

    /// Reads what other processes wrote.
    /// @throws InputError saying where something isn't as Optuna writes it.
    void sync();

    /// All that is known of the study, as of the last sync() or write: trials in every state, with
    /// every recorded epoch, and results. The same object, kept up.
    const Study& study() const;

    /// A new trial, running, this process's own. `attributes`: user attributes that it has from its
    /// first moment on, an object (for instance what chose it). @returns its number.
    int create_trial(const Point& point,
                     const nlohmann::json& attributes = nlohmann::json::object());

    /// Begins the trial at `place` of the search (Study::begun), this process's own: the first that
    /// Optuna enqueued and that the space has a point for, what it leaves open as `proposed`; else
    /// a new one there. Nothing where another process has begun the place meanwhile. Trials
    /// enqueued with values that the space doesn't have fail, with a notice that says why.
    /// @param origin  of `proposed`; none: it isn't put on record
    void begin_trial(int place, const Point& proposed, std::optional<Origin> origin = {});

    /// Records epochs, of any trials and folds, in any number, in one write; those of a fold in
    /// order, and none that is there already: results of one epoch don't differ. Where a trial has
    /// an epoch on all folds, the mean score is also its intermediate value at that step.
    /// @throws std::logic_error for an epoch whose predecessor isn't recorded
    void record_epochs(std::span<const FoldEpoch> epochs);

    /// Records that a fold (0-based) can't be trained further, and why.
    void fail_fold(int trial, int fold, const std::string& why);

    /// Ends a trial, with what its folds add up to (fold curves, cv_std, every metric) as user
    /// attributes: complete (value: Trial::score(); without a finite one, or with folds of
    /// unequal length, the trial has failed), pruned (the same, or no value, as Optuna has none for
    /// a trial pruned without a report), failed (no value, but Trial::why_failed() as an
    /// attribute). A trial that another process has ended stays as it was.
    void finish(int trial, TrialState state);

    /// Who works on a running trial.
    Worker worker(int trial) const;
    /// StudyLog::is_abandoned()
    bool is_abandoned(int trial) const;
    /// Makes this process the trial's worker, whoever was. False where the trial has ended, or
    /// another process has been faster.
    bool take_over(int trial);

    /// Sets a system attribute of the study, which Optuna's pages don't show: what only a sweep
    /// that goes on needs. Keys are prefixed by "manygpcm:".
    void set_study_system_attribute(const std::string& key, const nlohmann::json& value);
    /// Its value; null where there is none.
    nlohmann::json study_system_attribute(const std::string& key) const;

    /// Records what comes after the search: wall_seconds, winner, baselines, ceilings, portrait,
    /// psychometrics.
    void record_results(const Study& study);

  private:
    struct State;
    class RecordedScores;
    std::unique_ptr<State> state_;
};

}  // namespace manygpcm::search
