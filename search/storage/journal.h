// A study on disk: Optuna's journal file, one JSON object a line, only ever appended to. Optuna
// reads ours, we read Optuna's, and both may write to one file at once.
#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "manygpcm/engine/stop.h"
#include "manygpcm/search/notice.h"
#include "storage/study_log.h"

namespace manygpcm::search {

/// How long the lock of a journal is waited for.
struct LockPatience {
    /// Until a notice names the lock.
    std::chrono::milliseconds notice = std::chrono::seconds(5);
    /// In which neither the lock nor the journal changes: then its holder is taken to be dead.
    /// Longer than any write takes.
    std::chrono::milliseconds grace = std::chrono::seconds(60);
};

/// The lines of a journal file, whatever they mean.
class Journal final : public StudyLog {
  public:
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

    std::string name() const override { return file_.string(); }
    std::string place(std::size_t line) const override;  ///< "file:line"

    /// The complete lines that were appended since the last call, by anyone. Empty ones are passed
    /// over, and NUL bytes that a crash of the machine left before a line.
    /// @throws InputError "file:line: ..." for a line that isn't a JSON object, or is nested deep.
    std::vector<Line> read_new() override;

    /// Waits for the lock, for as long as another holds it and lives.
    /// @throws Interrupted as Lock does
    [[nodiscard]] std::unique_ptr<Lock> lock();

    /// Appends `records`, a line each, in one write, and syncs: on return they are on the disk.
    /// Where that fails nothing of them is left behind. False, and nothing is written, where the
    /// lock isn't held() any more: others may have written since it was taken.
    /// @throws InputError naming the system's reason.
    [[nodiscard]] bool append(const Lock& lock, std::span<const Record> records);

    /// The lock, and append() under it.
    [[nodiscard]] std::unique_ptr<Turn> take_turn() override;

    /// Workers write every epoch when it ends: that the file hasn't changed for five minutes.
    bool is_abandoned(int trial) const override;

  private:
    void end_torn_line();

    std::filesystem::path file_;
    Access access_;
    Notice notice_;
    StopFlag stop_;
    std::size_t offset_ = 0;  ///< bytes read, to the start of a line
    std::size_t lines_ = 0;   ///< lines read
    bool tail_noticed_ = false;
};

}  // namespace manygpcm::search
