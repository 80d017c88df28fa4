// A directory of its own under the system's temporary one, gone with its object.
#pragma once

#include <filesystem>
#include <string_view>

namespace manygpcm {

class TemporaryDirectory {
  public:
    /// @param purpose part of its name: "manygpcm-<purpose>-..."
    /// @throws InputError where there is no place for it
    explicit TemporaryDirectory(std::string_view purpose);
    TemporaryDirectory(const TemporaryDirectory&) = delete;
    TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
    ~TemporaryDirectory();

    const std::filesystem::path& path() const { return path_; }

  private:
    std::filesystem::path path_;
};

}  // namespace manygpcm
