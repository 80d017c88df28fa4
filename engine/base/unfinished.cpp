// A list that a signal's handler may read: whoever changes it has its turn with all signals
// blocked, so that no handler can wait for the thread that it interrupted.
#include "manygpcm/engine/detail/unfinished.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <csignal>
#include <cstddef>
#include <cstring>

namespace manygpcm {
namespace {

std::atomic_flag taken;
Unfinished* first = nullptr;

void take() {
    while (taken.test_and_set(std::memory_order_acquire)) {
    }
}

class Turn {
  public:
    Turn() {
        sigset_t all;
        sigfillset(&all);
        pthread_sigmask(SIG_BLOCK, &all, &before_);
        take();
    }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;
    ~Turn() {
        taken.clear(std::memory_order_release);
        pthread_sigmask(SIG_SETMASK, &before_, nullptr);
    }

  private:
    sigset_t before_{};
};

/// The files of a directory, by the system's own call: opendir() takes memory, as no handler may.
void remove_files_in(const char* directory) {
    const int descriptor = ::open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) return;
    alignas(dirent64) std::array<char, 4096> entries;
    while (true) {
        const ssize_t size = ::getdents64(descriptor, entries.data(), entries.size());
        if (size <= 0) break;
        for (ssize_t at = 0; at < size;) {
            const char* entry = entries.data() + at;
            unsigned short length = 0;
            std::memcpy(&length, entry + offsetof(dirent64, d_reclen), sizeof length);
            ::unlinkat(descriptor, entry + offsetof(dirent64, d_name), 0);  // not "." and ".."
            at += length;
        }
    }
    ::close(descriptor);
}

}  // namespace

Unfinished::Unfinished(const std::function<std::filesystem::path()>& make) {
    const Turn turn;
    path_ = make();
    if (path_.empty()) return;
    process_ = ::getpid();
    behind_ = first;
    if (behind_ != nullptr) behind_->before_ = this;
    first = this;
}

Unfinished::~Unfinished() {
    if (path_.empty()) return;
    const Turn turn;
    (before_ == nullptr ? first : before_->behind_) = behind_;
    if (behind_ != nullptr) behind_->before_ = before_;
}

void remove_unfinished() {
    take();
    for (const Unfinished* each = first; each != nullptr; each = each->behind_) {
        if (each->process_ != ::getpid() || ::unlink(each->path_.c_str()) == 0) continue;
        remove_files_in(each->path_.c_str());
        ::rmdir(each->path_.c_str());
    }
}

}  // namespace manygpcm
