// Where studies are kept, as a log: Optuna's operations one after the other, whatever keeps them
// (journal.h: a file;
// postgres_log.h: tables). docs/study_journal.md has their fields.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

#include "manygpcm/engine/stop.h"
#include "manygpcm/search/notice.h"

namespace manygpcm::search {

/// An object is for one thread at a time; any number of processes, Optuna's included, may use the
/// same storage.
class StudyLog {
  public:
    /// An operation; keys keep their order.
    using Record = nlohmann::ordered_json;
    enum class Access { read, append };

    struct Line {
        std::size_t number = 0;  ///< from 1, in the order in which they were written
        Record record;           ///< an object. Python's NaN is null, its Infinity "Infinity"
    };

    /// The right to write, which one process has at a time.
    class Turn {
      public:
        Turn() = default;
        Turn(const Turn&) = delete;
        Turn& operator=(const Turn&) = delete;
        virtual ~Turn() = default;

        /// Writes `records`, all or none; on return they are kept for good. False, and none is
        /// written, where the turn was lost: others may have written since it was taken.
        /// @throws InputError naming the system's reason
        [[nodiscard]] virtual bool write(std::span<const Record> records) = 0;
    };

    StudyLog() = default;
    StudyLog(const StudyLog&) = delete;
    StudyLog& operator=(const StudyLog&) = delete;
    virtual ~StudyLog() = default;

    /// What it is called in messages.
    virtual std::string name() const = 0;
    /// Where a line of it is, for messages.
    virtual std::string place(std::size_t line) const = 0;

    /// What isn't of this study needn't be read any more, where the storage keeps them apart.
    virtual void follow(const std::string& /*study*/) {}

    /// What was written since the last call, by anyone.
    /// @throws InputError saying where something isn't as Optuna writes it
    virtual std::vector<Line> read_new() = 0;

    /// Waits for the turn, for as long as another has it and lives.
    /// @throws Interrupted where a stop ended the wait
    [[nodiscard]] virtual std::unique_ptr<Turn> take_turn() = 0;

    /// Whether nobody works on the trial (its place among all trials of the log), whose worker
    /// can't be asked whether it lives.
    virtual bool is_abandoned(int trial) const = 0;
};

/// Opens the storage at `where`: the URI of a database (is_database()), where Optuna's tables are
/// made, or a journal's file, which is, where there are none and `access` is append.
/// @param stop  ends waits with Interrupted; null: never
/// @throws InputError where it can't be; Interrupted
std::unique_ptr<StudyLog> open_log(const std::filesystem::path& where, StudyLog::Access access,
                                   const Notice& notice, StopFlag stop = nullptr);

}  // namespace manygpcm::search
