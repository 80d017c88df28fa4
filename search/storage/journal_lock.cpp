// Optuna's JournalFileSymlinkLock: the lock is held by whoever made the symbolic link <file>.lock,
// which the system lets one alone do, NFS included. Optuna since 4.3 looks at the time of what the
// link leads to, and takes the lock away once that hasn't changed for 30 seconds: so ours leads to
// the journal, which its holder writes. The way there names the holder (lock_target.h).
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <system_error>
#include <thread>

#include "manygpcm/engine/detail/descriptor.h"
#include "manygpcm/engine/detail/process_identity.h"
#include "manygpcm/engine/error.h"
#include "storage/journal.h"
#include "storage/lock_target.h"

namespace manygpcm::search {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr Clock::duration first_wait = 1ms, longest_wait = 100ms;
// A lock in use passes on within so long: who is to stop waits for it all the same, for it has
// results to write.
constexpr auto shortest_stopped_wait = 1s;
// What one look at a lock says of the time since the look before: who was suspended, or waited for
// a server, hasn't seen that nothing changed meanwhile.
constexpr Clock::duration longest_look = 1s;

std::int64_t nanoseconds(const timespec& time) {
    return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

/// A lock file, as it tells itself from others of its name. Optuna's JournalFileOpenLock is a
/// regular file, which leads nowhere.
struct LockFile {
    std::string target;
    std::uint64_t inode = 0;
    std::int64_t made = 0;
    friend bool operator==(const LockFile&, const LockFile&) = default;
};

/// Nothing where there is none.
std::optional<LockFile> lock_file(const fs::path& path) {
    struct stat status {};
    if (::lstat(path.c_str(), &status) != 0) return std::nullopt;
    std::error_code none_or_regular;
    return LockFile{.target = fs::read_symlink(path, none_or_regular).string(),
                    .inode = status.st_ino,
                    .made = nanoseconds(status.st_mtim)};
}

/// What a holder that lives changes.
struct Sight {
    LockFile lock;
    std::int64_t size = 0, written = 0;  // of the journal
    friend bool operator==(const Sight&, const Sight&) = default;
};

std::optional<Sight> look_at(const fs::path& file, const fs::path& link) {
    const auto lock = lock_file(link);
    if (!lock) return std::nullopt;
    // Opened, for on NFS that asks the server.
    const Descriptor journal(file, O_RDONLY);
    struct stat status {};
    if (!journal.good() || ::fstat(journal.get(), &status) != 0) return Sight{.lock = *lock};
    return Sight{.lock = *lock, .size = status.st_size, .written = nanoseconds(status.st_mtim)};
}

/// Another name for the link, as Optuna gives it before a removal: a removal that an NFS server
/// repeats would hit the next holder's link. Of a long name its beginning, so that it can be one.
fs::path name_aside(const fs::path& link) {
    constexpr std::size_t most_kept = 150;  // bytes: the system's limit for all of it is 255
    return link.parent_path() /
           fmt::format("{}{}.rename", link.filename().string().substr(0, most_kept), random_uuid());
}

/// Takes away the lock whose holder is gone. Those who would all do so take turns by a lock of the
/// journal's file, on NFS too; where a file system has none, the one that took a lock made since
/// puts it back. @returns whether it is gone by this
bool take_away(const fs::path& file, const fs::path& link, const LockFile& abandoned) {
    const Descriptor turn(file, O_RDWR);
    // Where it is another's turn, the caller asks again.
    if (turn.good() && ::flock(turn.get(), LOCK_EX | LOCK_NB) != 0 &&
        (errno == EWOULDBLOCK || errno == EINTR))
        return false;
    if (lock_file(link) != abandoned) return false;
    const fs::path aside = name_aside(link);
    if (::rename(link.c_str(), aside.c_str()) != 0) return false;
    const bool taken = lock_file(aside) == abandoned;
    // In vain where somebody has the lock by now. Whoever lost it finds out before it writes.
    if (!taken) (void)::linkat(AT_FDCWD, aside.c_str(), AT_FDCWD, link.c_str(), 0);
    ::unlink(aside.c_str());
    return taken;
}

/// How a lock that stays looks to one who waits for it.
class Watch {
  public:
    Watch(const fs::path& file, const fs::path& link) : file_(file), link_(link) {}

    struct Result {
        bool taken_away = false;
        Clock::duration still{};  ///< how long it has been seen unchanged, where that matters
    };

    /// Looks, and takes the lock away from a holder that is gone or has been still for `grace`.
    Result look(std::chrono::milliseconds grace) {
        const auto now = Clock::now();
        const auto sight = look_at(file_, link_);
        if (!sight) return {};
        switch (holder_state(sight->lock.target)) {
            case ProcessState::gone:
                return {.taken_away = take_away(file_, link_, sight->lock)};
            case ProcessState::running:
                still_ = {};
                break;
            case ProcessState::unknown:
                still_ = sight == last_ ? still_ + std::min(now - looked_, longest_look)
                                        : Clock::duration{};
        }
        last_ = sight;
        looked_ = now;
        if (still_ <= grace) return {.still = still_};
        return {.taken_away = take_away(file_, link_, sight->lock), .still = still_};
    }

  private:
    const fs::path &file_, &link_;
    std::optional<Sight> last_;
    Clock::time_point looked_;
    Clock::duration still_{};
};

}  // namespace

Journal::Lock::Lock(const fs::path& file, const Notice& notice, StopFlag stop,
                    LockPatience patience)
    : link_(file.string() + ".lock"), target_(lock_target(file.filename().string())) {
    const auto start = Clock::now();
    const auto tell = [&](const std::string& what) {
        if (notice) notice(fmt::format("{}: {}", link_.string(), what));
    };
    const std::string grace =
        fmt::format("{:g} seconds", std::chrono::duration<double>(patience.grace).count());
    bool noticed = false;
    Watch watch(file, link_);
    Clock::duration wait = first_wait;
    while (::symlink(target_.c_str(), link_.c_str()) != 0) {
        if (errno != EEXIST) throw cannot("make it, the lock of the journal", link_, errno);
        const auto [taken_away, still] = watch.look(patience.grace);
        if (taken_away) {
            if (still > patience.grace)
                tell(fmt::format("took this lock away, as neither it nor {} changed for {}",
                                 file.string(), grace));
            continue;
        }
        const auto waited = Clock::now() - start;
        if (is_set(stop) && waited >= shortest_stopped_wait)
            throw Interrupted(link_.string() + ": stopped while waiting for this lock");
        if (!noticed && waited > patience.notice) {
            tell(still == Clock::duration{}
                     ? "waiting for this lock, whose holder is at work"
                     : fmt::format("waiting for this lock; it is taken away once {} hasn't changed "
                                   "for {}, or delete it if no other process uses that",
                                   file.string(), grace));
            noticed = true;
        }
        std::this_thread::sleep_for(wait);
        wait = std::min(2 * wait, longest_wait);
    }
}

Journal::Lock::~Lock() {
    // Not the link of another, made after somebody took ours away.
    if (!held()) return;
    const std::string aside = name_aside(link_);
    if (::rename(link_.c_str(), aside.c_str()) == 0) ::unlink(aside.c_str());
}

bool Journal::Lock::held() const {
    std::error_code none;
    return fs::read_symlink(link_, none).string() == target_;  // paths know no slashes
}

}  // namespace manygpcm::search
