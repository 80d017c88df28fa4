// Output files that are whole or absent, over POSIX calls: the standard streams neither sync nor
// say why they failed.
#include "manygpcm/engine/files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <system_error>

#include "manygpcm/engine/error.h"

namespace manygpcm {
namespace {

namespace fs = std::filesystem;

std::string reason(int error) {
    return std::generic_category().message(error);
}

InputError cannot(std::string_view verb, const fs::path& path, int error) {
    return InputError(fmt::format("{}: cannot {}: {}", path.string(), verb, reason(error)));
}

/// An open file descriptor; closed when it goes.
class Descriptor {
  public:
    Descriptor(const fs::path& path, int flags)
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
bool write_all(int descriptor, std::string_view content) {
    while (!content.empty()) {
        const ssize_t written = ::write(descriptor, content.data(), content.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return false;
        content.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
}

/// A name beside `file` that no other writer, in this process or another, uses now.
fs::path name_aside(const fs::path& file) {
    static std::atomic<unsigned> count{0};
    return file.parent_path() /
           fmt::format(".{}.{}-{}.tmp", file.filename().string(), ::getpid(), count++);
}

}  // namespace

void write_file(const fs::path& file, std::string_view content) {
    struct stat existing {};
    const bool exists = ::stat(file.c_str(), &existing) == 0;
    if (exists && S_ISDIR(existing.st_mode)) throw cannot("write", file, EISDIR);
    if (exists &&
        !S_ISREG(existing.st_mode)) {  // /dev/stdout, a pipe: renaming would replace the device
        const Descriptor device(file, O_WRONLY);
        if (!device.good() || !write_all(device.get(), content)) throw cannot("write", file, errno);
        return;
    }
    const fs::path aside = name_aside(file);
    const Descriptor out(aside, O_WRONLY | O_CREAT | O_TRUNC);
    if (!out.good()) throw cannot("write", file, errno);
    if (!write_all(out.get(), content) || ::fsync(out.get()) != 0 ||
        ::rename(aside.c_str(), file.c_str()) != 0) {
        const int error = errno;
        ::unlink(aside.c_str());
        throw cannot("write", file, error);
    }
}

std::string read_file(const fs::path& file) {
    const Descriptor in(file, O_RDONLY);
    if (!in.good()) throw cannot("read", file, errno);
    struct stat status {};
    std::string content;
    if (::fstat(in.get(), &status) == 0 && S_ISREG(status.st_mode))
        content.reserve(static_cast<std::size_t>(status.st_size));
    std::array<char, 1 << 16> buffer;
    for (;;) {
        const ssize_t n = ::read(in.get(), buffer.data(), buffer.size());
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) throw cannot("read", file, errno);
        if (n == 0) return content;
        content.append(buffer.data(), static_cast<std::size_t>(n));
    }
}

void ensure_writable_directory(const fs::path& directory) {
    std::error_code error;
    fs::create_directories(directory, error);
    if (error) throw cannot("create the directory", directory, error.value());
    if (!fs::is_directory(directory, error)) throw cannot("write into it", directory, ENOTDIR);
    std::string probe = (directory / ".manygpcm-XXXXXX").string();
    const int descriptor = ::mkstemp(probe.data());
    if (descriptor < 0) throw cannot("write into it", directory, errno);
    ::close(descriptor);
    ::unlink(probe.c_str());
}

}  // namespace manygpcm
