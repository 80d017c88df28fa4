// What somebody else wrote, as messages and tables show it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace manygpcm {

/// In quotes, on one line, cut when long.
std::string shown(std::string_view value);

/// A question as its data named it: its text id, or its number where ids are numbers.
std::string question_name(const std::vector<std::string>& question_ids, int question);

}  // namespace manygpcm
