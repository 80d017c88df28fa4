// Ctrl-C as a request: a command that takes it may end in order first.
#pragma once

#include <atomic>

namespace manygpcm::cli {

/// While it lives, the first SIGINT or SIGTERM is a request only; a second one ends the program as
/// ever. One at a time.
class Interruption {
  public:
    Interruption();
    Interruption(const Interruption&) = delete;
    Interruption& operator=(const Interruption&) = delete;
    ~Interruption();

    const std::atomic<bool>& requested() const;

    /// Ends the program by the signal that was caught, so that whoever started it sees that.
    /// @return the exit code of a shell for it, should the signal be blocked
    int pass_on() const;
};

}  // namespace manygpcm::cli
