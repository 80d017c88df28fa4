// Workers are known by their process; those that can't be asked, by what they write.
#include "storage/presence.h"

#include <chrono>
#include <filesystem>
#include <system_error>

namespace manygpcm::search {
namespace {

// An epoch is written when it ends: a journal that hasn't changed for so long has no worker.
constexpr std::chrono::minutes abandoned_after{5};

bool is_abandoned(const std::filesystem::path& journal) {
    std::error_code error;
    const auto changed = std::filesystem::last_write_time(journal, error);
    return !error && std::filesystem::file_time_type::clock::now() - changed > abandoned_after;
}

}  // namespace

bool is_elsewhere(const JournalStudy& journal, int trial) {
    switch (journal.worker(trial)) {
        case Worker::alive:
            return true;
        case Worker::unknown:
            return !is_abandoned(journal.file());
        case Worker::self:
        case Worker::dead:
            break;
    }
    return false;
}

}  // namespace manygpcm::search
