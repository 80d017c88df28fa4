// Studies of a storage, whoever wrote it, for readers that write nothing.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "manygpcm/search/read_study.h"
#include "storage/own_study.h"
#include "storage/replayed_log.h"
#include "storage/study_attributes.h"

namespace manygpcm::search {
namespace {

std::vector<std::string> names_of(const ReplayedLog& replayed) {
    std::vector<std::string> names;
    for (const auto& [id, study] : replayed.replay.studies())
        names.push_back(study.name);
    return names;
}

/// The name of the study that `name` means.
std::string choose(const ReplayedLog& replayed, const std::string& name) {
    const auto& studies = replayed.replay.studies();
    const std::string file = replayed.log->name();
    if (studies.empty())
        throw InputError(
            fmt::format("{}: has no study; expected one of manygpcm's or Optuna's", file));
    const std::string all = fmt::format("{}", fmt::join(names_of(replayed), ", "));
    if (name.empty()) {
        if (studies.size() == 1) return studies.begin()->second.name;
        throw InputError(fmt::format("{}: has {} studies; expected the name of one of {}", file,
                                     studies.size(), all));
    }
    if (!replayed.replay.find(name))
        throw InputError(fmt::format("{}: has no study '{}'; expected one of {}", file, name, all));
    return name;
}

/// The study of that name, as far as it is on record now.
Study followed(ReplayedLog& replayed, const std::string& name) {
    replayed.follow(name);
    const auto id = replayed.replay.find(name);
    if (!id) throw replayed.error(name, "was deleted or renamed meanwhile");
    const StoredStudy& stored = replayed.replay.studies().at(*id);
    const Notice& notice = replayed.notice;
    if (!has_settings(stored.user_attrs)) return foreign_study(replayed, stored, notice);
    OwnStudy own(replayed, *id);
    if (const int format = format_of(stored.user_attrs); format > newest_format && notice)
        notice(
            fmt::format("{}: study '{}' is of format {}, which a newer program writes; what isn't "
                        "known of it is passed over",
                        replayed.log->name(), stored.name, format));
    Study study = own.study();
    if (study.wall_seconds == 0) study.wall_seconds = wall_seconds(replayed, stored);
    return study;
}

}  // namespace

std::vector<std::string> study_names(const std::filesystem::path& where) {
    return names_of(ReplayedLog(where, StudyLog::Access::read, {}));
}

std::vector<std::string> sweep_names(const std::filesystem::path& where) {
    const ReplayedLog replayed(where, StudyLog::Access::read, {});
    std::vector<std::string> names;
    for (const auto& [id, study] : replayed.replay.studies())
        if (has_settings(study.user_attrs)) names.push_back(study.name);
    return names;
}

Study read_study(const std::filesystem::path& where, const std::string& name,
                 const Notice& notice) {
    ReplayedLog replayed(where, StudyLog::Access::read, notice);
    return followed(replayed, choose(replayed, name));
}

std::optional<Study> find_study(const std::filesystem::path& where, const std::string& name) {
    std::error_code error;
    if (!is_database(where) && !std::filesystem::exists(where, error)) return std::nullopt;
    ReplayedLog replayed(where, StudyLog::Access::read, {});
    if (!replayed.replay.find(name)) return std::nullopt;
    return followed(replayed, name);
}

}  // namespace manygpcm::search
