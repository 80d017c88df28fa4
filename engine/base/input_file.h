// A file that is read part by part, which may be a pipe.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <span>

#include "manygpcm/engine/detail/descriptor.h"
#include "manygpcm/engine/stop.h"

namespace manygpcm {

class InputFile {
  public:
    /// @throws InputError if it can't be read, as read() does
    explicit InputFile(const std::filesystem::path& file, StopFlag stop = nullptr);

    /// Puts the next bytes into `buffer`, as many as there are at once. Returns how many; 0 at the
    /// end. @throws InputError, too, if what is no regular file doesn't end within 1 GiB;
    /// Interrupted where `stop` is set, however long a pipe is waited for
    std::size_t read(std::span<char> buffer);

    /// Of a regular file, in bytes.
    std::optional<std::size_t> size() const { return size_; }

  private:
    std::filesystem::path file_;
    StopFlag stop_;
    Descriptor in_;
    std::optional<std::size_t> size_;
    std::size_t n_read_ = 0;
};

}  // namespace manygpcm
