// What must not outlast the process: files that are being written aside, temporary directories.
// Their owners remove them, and a signal's handler does where it ends the process before.
#pragma once

#include <filesystem>
#include <functional>

namespace manygpcm {

/// While it lives, what `make` made is on the list of what remove_unfinished() removes.
class Unfinished {
  public:
    /// @param make makes a file, or a directory that will have no others in it, and returns its
    ///             path; empty: nothing was made. No handler of a signal comes between.
    explicit Unfinished(const std::function<std::filesystem::path()>& make);
    Unfinished(const Unfinished&) = delete;
    Unfinished& operator=(const Unfinished&) = delete;
    ~Unfinished();

    const std::filesystem::path& path() const { return path_; }

  private:
    friend void remove_unfinished();
    std::filesystem::path path_;
    int process_ = 0;  ///< that made it: a fork has its parent's list, too
    Unfinished *before_ = nullptr, *behind_ = nullptr;
};

/// Removes all that this process has. For a handler that then ends the process: it calls nothing
/// that a handler may not, and whoever would make another waits from then on.
void remove_unfinished();

}  // namespace manygpcm
