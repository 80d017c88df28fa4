// A log together with what its lines add up to.
#pragma once

#include <fmt/format.h>

#include <array>
#include <filesystem>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "manygpcm/engine/error.h"
#include "manygpcm/search/study.h"
#include "storage/replay.h"
#include "storage/study_log.h"

namespace manygpcm::search {

struct ReplayedLog {
    /// @param study  the only one that is looked at; empty: all
    ReplayedLog(const std::filesystem::path& where, StudyLog::Access access, Notice told,
                StopFlag stop = nullptr, const std::string& study = {})
        : log(open_log(where, access, told, stop)), notice(std::move(told)) {
        if (!study.empty()) log->follow(study);
        sync();
    }

    /// The study is the only one that is looked at from now on, and read as far as it wasn't.
    void follow(const std::string& study) {
        log->follow(study);
        sync();
    }

    void sync() {
        sync([](const Change&) {});
    }

    /// Calls changed(what) after every line.
    template <class Changed>
    void sync(const Changed& changed) {
        for (const StudyLog::Line& line : log->read_new()) {
            const Change change = apply(line);
            if (change.unknown_operation && notice && !std::exchange(noticed_, true))
                notice(
                    fmt::format("{}: operation {} is of a newer Optuna and was passed over, "
                                "as others like it will be",
                                log->place(line.number), *change.unknown_operation));
            changed(change);
        }
    }

    /// "file: study 'name': what".
    InputError error(std::string_view study, std::string_view what) const {
        return InputError(fmt::format("{}: study '{}': {}", log->name(), study, what));
    }

    /// "file:line: study 'name': what".
    InputError error_at(std::size_t line, std::string_view study, std::string_view what) const {
        return InputError(fmt::format("{}: study '{}': {}", log->place(line), study, what));
    }

    /// That, where the attribute was set on a line.
    InputError error_in(std::string_view study, const AttributeLines& lines,
                        const std::string& attribute, std::string_view what) const {
        const auto line = lines.find(attribute);
        return line == lines.end() ? error(study, what) : error_at(line->second, study, what);
    }

    std::unique_ptr<StudyLog> log;
    Notice notice;
    Replay replay;

  private:
    /// @throws InputError "file:line: ..."
    Change apply(const StudyLog::Line& line) {
        const auto in_its_place = [&](const std::exception& error) {
            return InputError(fmt::format("{}: {}", log->place(line.number), error.what()));
        };
        try {
            return replay.apply(line);
        } catch (const std::invalid_argument& error) {
            throw in_its_place(error);
        } catch (const InputError& error) {
            throw in_its_place(error);
        }
    }

    bool noticed_ = false;
};

/// Keys of system attributes of ours begin so, as every program's are to.
inline constexpr std::string_view attribute_prefix = "manygpcm:";

/// The system attribute with one epoch (1-based) of one fold (0-based).
inline std::string epoch_key(int fold, int epoch) {
    return fmt::format("{}fold_{}_epoch_{}", attribute_prefix, fold, epoch);
}

/// The system attribute that says why a fold (0-based) can't be trained further.
inline std::string fold_failure_key(int fold) {
    return fmt::format("{}fold_{}_failure", attribute_prefix, fold);
}

/// The user attribute that says why a trial failed.
inline constexpr const char* failure_attribute = "failure";

/// The user attribute that says what chose a trial's point, and its words.
inline constexpr const char* origin_attribute = "chosen_by";
inline constexpr std::array<std::string_view, 3> origin_words = {"given", "chance", "scores"};
inline std::string_view word_of(Origin origin) {
    return origin_words[static_cast<std::size_t>(origin)];
}

// Optuna's own name of what a study's values are (Study.set_metric_names, since 3.2).
inline constexpr const char* metric_names_attribute = "study:metric_names";

/// From the start of the study's first trial to the end of its last; 0 where none has ended.
double wall_seconds(const ReplayedLog& replayed, const StoredStudy& stored);

/// A study that Optuna wrote. @throws InputError.
Study foreign_study(const ReplayedLog& replayed, const StoredStudy& stored, const Notice& notice);

}  // namespace manygpcm::search
