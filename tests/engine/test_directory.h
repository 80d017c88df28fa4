// A directory for the files of one test, removed when the test ends.
#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

#include "manygpcm/engine/detail/temporary_directory.h"

namespace manygpcm {

class TestDirectory : public TemporaryDirectory {
  public:
    TestDirectory() : TemporaryDirectory("test") {}

    /// Makes a file in it.
    std::filesystem::path write(const std::string& name, std::string_view content) const {
        std::ofstream(path() / name, std::ios::binary) << content;
        return path() / name;
    }

    std::size_t n_files() const {
        const std::filesystem::directory_iterator files(path());
        return static_cast<std::size_t>(std::distance(begin(files), end(files)));
    }
};

}  // namespace manygpcm
