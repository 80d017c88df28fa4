// Which files a dataset has.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace manygpcm {

/// A file's name without the ending .gz.
std::filesystem::path without_gz(const std::filesystem::path& file);

struct DataFiles {
    std::filesystem::path train;
    std::filesystem::path test;  ///< empty: none
};

/// The names of all that may be a directory's train.* and test.*, sorted.
std::vector<std::string> data_files_in(const std::filesystem::path& directory);

/// The files train.* and test.* of a directory, or `path` itself, all of whose learners are to
/// train on. @throws InputError where a directory has no train file, or several of a name.
DataFiles find_data_files(const std::filesystem::path& path);

/// A line about a directory without a test file and what it has instead: learners to hold out may
/// be in a file whose name was misspelt.
std::string notice_of_no_test(const std::filesystem::path& directory, const DataFiles& files);

}  // namespace manygpcm
