// What commands check beside their options: that an output won't take an input's place, that
// training or a search came to something.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "manygpcm/search/study.h"

namespace manygpcm::cli {

/// Checks that `out` can be written and is none of `inputs`, under any name. @throws InputError.
/// @param option that says `out`
void expect_writable_apart_from(const std::vector<std::filesystem::path>& inputs,
                                const std::filesystem::path& out,
                                std::string_view option = "--out");

/// Whether two paths name the same file, which need not exist.
bool is_same_file(const std::filesystem::path& a, const std::filesystem::path& b);

/// @throws InputError for a directory in place of a file. @param expected what it should be
void expect_no_directory(const std::filesystem::path& path, std::string_view expected);

/// @throws InputError as manygpcm::expect_folds(), naming the data
void expect_folds(const std::string& data, std::size_t n_learners, int n_folds);

/// @throws std::runtime_error if no trial of the study was trained fully and to a finite score: how
/// many weren't, why, what may help, and that `record` tells more.
void expect_success(const search::Study& study, const std::filesystem::path& record);

}  // namespace manygpcm::cli
