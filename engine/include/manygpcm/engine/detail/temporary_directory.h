// A directory of its own under the system's temporary one, gone with its object, and where a signal
// that is handled ends the process (unfinished.h).
#pragma once

#include <filesystem>
#include <string_view>

#include "manygpcm/engine/detail/unfinished.h"

namespace manygpcm {

class TemporaryDirectory {
  public:
    /// @param purpose part of its name: "manygpcm-<purpose>-..."
    /// @throws InputError where there is no place for it
    explicit TemporaryDirectory(std::string_view purpose);
    TemporaryDirectory(const TemporaryDirectory&) = delete;
    TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
    ~TemporaryDirectory();

    const std::filesystem::path& path() const { return made_.path(); }

  private:
    Unfinished made_;
};

}  // namespace manygpcm
