#include "streams.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <ctime>

#include "manygpcm/engine/detail/descriptor.h"

namespace manygpcm::cli {

void open_missing_streams() {
    for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
        if (::fcntl(stream, F_GETFD) >= 0 || errno != EBADF) continue;
        // Either takes the lowest number that is free: the stream's, as those below are open by
        // now.
        if (stream != STDOUT_FILENO) {
            [[maybe_unused]] const int opened = ::open("/dev/null", O_RDWR);
        } else if (int ends[2]; ::pipe(ends) == 0) {
            ::close(ends[1]);  // to the other end of a pipe nobody can write
        }
    }
}

void print_stderr(std::string_view text) {
    // The signal of a pipe without a reader comes to the thread that wrote: it is held back and
    // taken away again.
    sigset_t broken_pipe, before;
    sigemptyset(&broken_pipe);
    sigaddset(&broken_pipe, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &broken_pipe, &before);
    if (!write_all(STDERR_FILENO, text) && errno == EPIPE) {
        const timespec at_once{};
        sigtimedwait(&broken_pipe, nullptr, &at_once);
    }
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void finish_stdout() {
    if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0)
        throw cannot("write", "standard output", errno);
}

}  // namespace manygpcm::cli
