// An open file by its POSIX descriptor: what the standard streams can't do (syncing, locking,
// saying why) is done with it.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>

#include "manygpcm/engine/error.h"

namespace manygpcm {

/// An open file descriptor; closed when it goes.
class Descriptor {
  public:
    Descriptor(const std::filesystem::path& path, int flags)
        : value_(::open(path.c_str(), flags | O_CLOEXEC, 0666)) {}
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    ~Descriptor() {
        if (value_ >= 0) ::close(value_);
    }
    bool good() const { return value_ >= 0; }
    int get() const { return value_; }

  private:
    int value_;
};

/// Writes all of `content`; false with errno set if that fails.
inline bool write_all(int descriptor, std::string_view content) {
    while (!content.empty()) {
        const ssize_t written = ::write(descriptor, content.data(), content.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return false;
        content.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
}

/// "path: cannot `verb`: the system's reason".
inline InputError cannot(std::string_view verb, const std::filesystem::path& path, int error) {
    return InputError(path.string() + ": cannot " + std::string(verb) + ": " +
                      std::generic_category().message(error));
}

}  // namespace manygpcm
