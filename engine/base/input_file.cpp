// Reads by POSIX calls, which end where a flag asks for it.
#include "base/input_file.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/stat.h>

#include <cerrno>

#include "manygpcm/engine/error.h"

namespace manygpcm {
namespace {

// /dev/zero has no end.
constexpr std::size_t most_of_a_stream = 1 << 30;  // bytes

/// Until there is something to read, or an end. @throws Interrupted where `stop` is set
void wait_for(int descriptor, StopFlag stop) {
    constexpr int look_again_after_ms = 50;
    for (pollfd one{descriptor, POLLIN, 0}; ::poll(&one, 1, look_again_after_ms) <= 0;)
        throw_if_set(stop);
}

}  // namespace

// A pipe isn't waited for in open() and read(), which no flag ends.
InputFile::InputFile(const std::filesystem::path& file, StopFlag stop)
    : file_(file), stop_(stop), in_(file, O_RDONLY | (stop == nullptr ? 0 : O_NONBLOCK)) {
    if (!in_.good()) throw cannot("read", file_, errno);
    struct stat status {};
    if (::fstat(in_.get(), &status) == 0 && S_ISREG(status.st_mode))
        size_ = static_cast<std::size_t>(status.st_size);
}

std::size_t InputFile::read(std::span<char> buffer) {
    for (;;) {
        throw_if_set(stop_);
        if (!size_ && stop_ != nullptr) wait_for(in_.get(), stop_);
        const ssize_t n = ::read(in_.get(), buffer.data(), buffer.size());
        if (n < 0 && (errno == EINTR || errno == EAGAIN)) continue;
        if (n < 0) throw cannot("read", file_, errno);
        n_read_ += static_cast<std::size_t>(n);
        if (!size_ && n_read_ > most_of_a_stream)
            throw InputError(
                fmt::format("{}: goes on beyond {} MiB; expected a file, or less from a pipe",
                            file_.string(), most_of_a_stream >> 20));
        return static_cast<std::size_t>(n);
    }
}

}  // namespace manygpcm
