// What somebody else wrote, as messages and tables show it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace manygpcm {

/// On one line, as a terminal may be given it: control characters, bytes that are no UTF-8 and what
/// turns the direction of writing become escapes as C has them (\n, \x1B).
std::string printable(std::string_view text);

/// In quotes, printable(), cut when long.
std::string shown(std::string_view value);

/// A question as its data named it: its text id, or its number where ids are numbers.
std::string question_name(const std::vector<std::string>& question_ids, int question);

}  // namespace manygpcm
