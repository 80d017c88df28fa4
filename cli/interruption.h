// Signals: the only part of the program that handles them. Those that ask a command to end (Ctrl-C,
// what a batch scheduler or a service manager sends) are a request, which it has a few seconds to
// follow in order.
#pragma once

#include <csignal>
#include <string>
#include <vector>

#include "manygpcm/engine/stop.h"

namespace manygpcm::cli {

/// For the whole program: a file that grows beyond the limit of `ulimit -f` is an error of the
/// write, which is told as one, not the end of the program without a word.
void ignore_file_size_signal();

/// For the whole program: what a signal ends leaves no file half written and no temporary
/// directory. These are the signals that ask for an end, and SIGPIPE; one that is ignored stays so.
void leave_nothing_unfinished();

/// While it lives, the first SIGINT, SIGTERM, SIGUSR1 or SIGUSR2 (or SIGHUP, but under nohup) is a
/// request. A second one ends the program at once, and so does the first where the program is still
/// there after `most_patience`. One at a time.
class Interruption {
  public:
    /// Below what schedulers leave between a signal and the kill, 5 seconds at the least.
    static constexpr unsigned most_patience = 4;  ///< seconds

    /// @param last_words the line on stderr of a program that ends at once, true at any moment
    explicit Interruption(const std::string& last_words);
    Interruption(const Interruption&) = delete;
    Interruption& operator=(const Interruption&) = delete;
    ~Interruption();

    StopFlag requested() const;

    /// From now on the first signal ends the program at once; for work that leaves nothing behind.
    void end_at_once();

    /// Ends the program by the signal that was caught, so that whoever started it sees that.
    /// @return the exit code of a shell for it, should the signal be blocked
    int pass_on() const;

  private:
    /// What was done at a signal.
    struct Before {
        int signal = 0;
        struct sigaction action {};
    };
    std::vector<Before> before_;
};

}  // namespace manygpcm::cli
