// Optuna 3.1's JournalFileSymlinkLock: the lock is held by whoever made the symbolic link
// <file>.lock, which the system lets one alone do, NFS included. Optuna never looks at where the
// link leads; ours leads to who holds it, so that the lock of a process that died can be told from
// one in use.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>

#include "manygpcm/engine/descriptor.h"
#include "manygpcm/engine/error.h"
#include "manygpcm/search/journal.h"
#include "process_identity.h"

namespace manygpcm {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr std::string_view holder_prefix = "manygpcm:";
constexpr auto first_wait = 1ms, longest_wait = 100ms;
// A lock in use passes on within so long: who is to stop waits for it all the same, for it has
// results to write.
constexpr auto shortest_stopped_wait = 1s;

/// Where the link leads; empty where there is none (any more).
std::string holder_of(const fs::path& link) {
    std::error_code error;
    return fs::read_symlink(link, error).string();
}

/// The identity in a holder that is a process of ours.
std::string_view identity_in(std::string_view holder) {
    if (!holder.starts_with(holder_prefix)) return "";
    holder.remove_prefix(holder_prefix.size());
    return holder.substr(0, holder.rfind('/'));
}

/// Removes the link of a holder that is gone. Only processes beside the holder can know that it is,
/// and they take turns by a lock of the file itself, so that none removes what another has made
/// since.
void remove_if_abandoned(const fs::path& file, const fs::path& link) {
    const std::string holder = holder_of(link);
    if (state_of(identity_in(holder)) != ProcessState::gone) return;
    const Descriptor turn(file, O_RDWR);
    // Where it is another's turn, the caller asks again.
    if (!turn.good() || ::flock(turn.get(), LOCK_EX | LOCK_NB) != 0) return;
    if (holder_of(link) == holder) ::unlink(link.c_str());
}

}  // namespace

Journal::Lock::Lock(const fs::path& file, const Notice& notice, const std::atomic<bool>* stop,
                    std::chrono::milliseconds patience)
    : link_(file.string() + ".lock"),
      holder_(fmt::format("{}{}/{}", holder_prefix, process_identity(), random_uuid())) {
    const auto start = std::chrono::steady_clock::now();
    bool noticed = false;
    std::chrono::milliseconds wait = first_wait;
    while (::symlink(holder_.c_str(), link_.c_str()) != 0) {
        if (errno != EEXIST) throw cannot("make it, the lock of the journal", link_, errno);
        remove_if_abandoned(file, link_);
        const auto waited = std::chrono::steady_clock::now() - start;
        if (stop != nullptr && *stop && waited >= shortest_stopped_wait)
            throw Interrupted(
                fmt::format("{}: stopped while waiting for this lock", link_.string()));
        if (!noticed && notice && waited > patience) {
            notice(fmt::format("{}: waiting for this lock; if no other process uses {}, delete it",
                               link_.string(), file.string()));
            noticed = true;
        }
        std::this_thread::sleep_for(wait);
        wait = std::min<std::chrono::milliseconds>(2 * wait, longest_wait);
    }
}

Journal::Lock::~Lock() {
    // Not the link of another, made after somebody deleted ours by hand.
    if (holder_of(link_) != holder_) return;
    // Renamed first, as Optuna does: a removal that an NFS server repeats would hit the next
    // holder's link.
    const std::string aside = fmt::format("{}{}.rename", link_.string(), random_uuid());
    if (::rename(link_.c_str(), aside.c_str()) == 0) ::unlink(aside.c_str());
}

}  // namespace manygpcm
