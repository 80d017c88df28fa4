// What commands check beside their options: that an output won't take an input's place, that
// training or a search came to something.
#pragma once

#include <filesystem>
#include <string_view>
#include <vector>

#include "manygpcm/search/study.h"

namespace manygpcm::cli {

/// Checks that `out` can be written and is none of `inputs`, under any name. @throws InputError.
/// @param option that says `out`
void expect_writable_apart_from(const std::vector<std::filesystem::path>& inputs,
                                const std::filesystem::path& out,
                                std::string_view option = "--out");

/// @throws std::runtime_error if no trial of the study was trained fully and to a finite score: how
/// many weren't, why, what may help, and that `record` tells more.
void expect_success(const search::Study& study, const std::filesystem::path& record);

}  // namespace manygpcm::cli
