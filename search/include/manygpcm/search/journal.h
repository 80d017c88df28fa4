// A study on disk: Optuna's journal file, one JSON object a line, only ever appended to. Optuna
// reads ours, we read Optuna's, and both may write to one file at once. docs/study_journal.md has
// the attributes.
#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "manygpcm/engine/dataset.h"
#include "manygpcm/engine/stop.h"
#include "manygpcm/search/study.h"

namespace manygpcm::search {

/// Told of what a user should know, one line each: a repaired journal, a lock that is waited for.
using Notice = std::function<void(const std::string&)>;

/// The content of a dataset as 16 hexadecimal digits: two that differ in a response, a question or
/// a learner's place differ in it. Names aren't content.
std::string fingerprint(const Dataset& dataset);

/// How long the lock of a journal is waited for.
struct LockPatience {
    /// Until a notice names the lock.
    std::chrono::milliseconds notice = std::chrono::seconds(5);
    /// In which neither the lock nor the journal changes: then its holder is taken to be dead.
    /// Longer than any write takes.
    std::chrono::milliseconds grace = std::chrono::seconds(60);
};

/// The lines of a journal file, whatever they mean. An object is for one thread at a time; any
/// number of processes, Optuna's included, may have the file open.
class Journal {
  public:
    /// A line of the file; keys keep their order.
    using Record = nlohmann::ordered_json;
    enum class Access { read, append };

    struct Line {
        std::size_t number = 0;  ///< 1-based, for messages
        Record record;           ///< an object. Python's NaN is null, its Infinity "Infinity"
    };

    /// The right to append, held by one process at a time: Optuna's symbolic link <file>.lock.
    /// That of a process of ours that died is taken away, at once by those on its machine. Any
    /// other is once it has stood still for as long as `patience` says.
    class Lock {
      public:
        /// Waits for it.
        /// @param notice  told of a wait that takes long, and of a lock taken away
        /// @param stop  when true, the wait ends, a second after it began at the earliest: so long
        /// a lock passes from hand to hand. Looked at ten times a second; null: never
        /// @throws Interrupted where `stop` ended the wait
        Lock(const std::filesystem::path& file, const Notice& notice, StopFlag stop = nullptr,
             LockPatience patience = {});
        Lock(const Lock&) = delete;
        Lock& operator=(const Lock&) = delete;
        ~Lock();

        /// Whether it is still this one that is there: a holder that was suspended for long may
        /// have been taken for dead.
        bool held() const;

      private:
        std::filesystem::path link_;
        std::string target_;  ///< where the link leads
    };

    /// Opens `file`. Access::append creates it where there is none and ends a torn last line,
    /// which a writer killed half-way leaves: complete JSON gets its line end, anything else is cut
    /// off, with a notice. Access::read changes nothing and passes over such a line, with a notice.
    /// @param stop  ends waits for the lock, as Lock's
    /// @throws InputError for a directory, or a file that can't be opened or made; Interrupted.
    Journal(std::filesystem::path file, Access access, Notice notice = {}, StopFlag stop = nullptr);

    const std::filesystem::path& file() const { return file_; }

    /// The complete lines that were appended since the last call, by anyone. Empty ones are passed
    /// over, and NUL bytes that a crash of the machine left before a line.
    /// @throws InputError "file:line: ..." for a line that isn't a JSON object, or is nested deep.
    std::vector<Line> read_new();

    /// Waits for the lock, for as long as another holds it and lives.
    /// @throws Interrupted as Lock does
    [[nodiscard]] std::unique_ptr<Lock> lock();

    /// Appends `records`, a line each, in one write, and syncs: on return they are on the disk.
    /// Where that fails nothing of them is left behind. False, and nothing is written, where the
    /// lock isn't held() any more: others may have written since it was taken.
    /// @throws InputError naming the system's reason.
    [[nodiscard]] bool append(const Lock& lock, std::span<const Record> records);

  private:
    void end_torn_line();
    std::string place(std::size_t line) const;

    std::filesystem::path file_;
    Access access_;
    Notice notice_;
    StopFlag stop_;
    std::size_t offset_ = 0;  ///< bytes read, to the start of a line
    std::size_t lines_ = 0;   ///< lines read
    bool tail_noticed_ = false;
};

/// Whether the process that works on a trial still runs. unknown: on another machine, or Optuna's.
enum class Worker { alive, dead, unknown, self };

/// One epoch of one fold of a trial.
struct FoldEpoch {
    int trial = 0;
    int fold = 0;
    EpochResult result;
};

/// One study of a journal, open for appending. Every function that writes first reads what other
/// processes wrote, under the lock, and returns when its own is on the disk. Conflicts are resolved
/// as Optuna does: the order in the file decides, a trial that has finished doesn't change any
/// more. For one thread at a time.
class JournalStudy {
  public:
    /// Opens study `name`, or creates it with the settings of `study` (its trials and results
    /// aren't looked at). What is there must have the same settings, `jobs` aside.
    /// @throws InputError naming the file, the setting, its value there and the one expected; and
    /// as Journal and sync() do.
    /// @param stop  ends waits for the journal's lock with Interrupted, here and in every function
    /// that writes; null: never
    JournalStudy(const std::filesystem::path& file, const std::string& name, const Study& study,
                 Notice notice = {}, StopFlag stop = nullptr);
    ~JournalStudy();

    const std::filesystem::path& file() const;
    const std::string& name() const;

    /// Reads what other processes appended.
    /// @throws InputError "file:line: ..." for a line that isn't JSON, or fields that don't fit its
    /// operation.
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
    void begin_trial(int place, const Point& proposed);

    /// Records epochs, of any trials and folds, in any number, in one write; those of a fold in
    /// order, and none that is there already: results of one epoch don't differ. Where a trial has
    /// an epoch on all folds, the mean score is also its intermediate value at that step.
    /// @throws std::logic_error for an epoch whose predecessor isn't recorded
    void record_epochs(std::span<const FoldEpoch> epochs);

    /// Records that a fold (0-based) can't be trained further, and why.
    void fail_fold(int trial, int fold, const std::string& why);

    /// Sets a user attribute, which Optuna's pages show.
    void set_attribute(int trial, const std::string& key, const nlohmann::json& value);
    /// Sets a system attribute, which they don't: what only a resumed sweep needs, for instance the
    /// rung, the state of folds, the files of checkpoints. Keys are prefixed by "manygpcm:".
    void set_system_attribute(int trial, const std::string& key, const nlohmann::json& value);
    /// The value of either; null where there is none.
    nlohmann::json attribute(int trial, const std::string& key) const;
    nlohmann::json system_attribute(int trial, const std::string& key) const;

    /// Writes what the folds so far add up to (fold curves, cv_std, every metric) as user
    /// attributes. finish() does it too.
    void summarise(int trial);

    /// Ends a trial: complete (value: Trial::score(); without a finite one, or with folds of
    /// unequal length, the trial has failed), pruned (the same, or no value, as Optuna has none for
    /// a trial pruned without a report), failed (no value, but Trial::why_failed() as an
    /// attribute). A trial that another process has ended stays as it was.
    void finish(int trial, TrialState state);

    /// Who works on a running trial.
    Worker worker(int trial) const;
    /// Makes this process the trial's worker, whoever was. False where the trial has ended.
    bool take_over(int trial);

    /// Sets the study's user or system attribute; keys of system attributes are prefixed likewise.
    void set_study_attribute(const std::string& key, const nlohmann::json& value);
    void set_study_system_attribute(const std::string& key, const nlohmann::json& value);
    nlohmann::json study_attribute(const std::string& key) const;
    nlohmann::json study_system_attribute(const std::string& key) const;

    /// Records what comes after the search: wall_seconds, winner, baselines, ceilings, portrait.
    void record_results(const Study& study);

  private:
    struct State;
    class RecordedScores;
    std::unique_ptr<State> state_;
};

/// The names of a journal's studies, in the order they were created. Changes nothing.
/// @throws InputError as Journal and JournalStudy::sync do.
std::vector<std::string> study_names(const std::filesystem::path& file);

/// Of those the ones that manygpcm wrote.
std::vector<std::string> sweep_names(const std::filesystem::path& file);

/// A study of a journal, ours or one that Optuna wrote, for reporting. Changes nothing and waits
/// for nobody. Of Optuna's, docs/study_journal.md says what becomes of it.
/// @param name  which; empty: the only one
/// @throws InputError for a journal without it (naming those there are), with several where none
/// is named, or a study of more than one objective.
Study read_study(const std::filesystem::path& file, const std::string& name = {},
                 const Notice& notice = {});

}  // namespace manygpcm::search
