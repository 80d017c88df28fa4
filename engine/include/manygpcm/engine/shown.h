// What somebody else wrote, as messages and tables show it.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace manygpcm {

/// On one line, as a terminal may be given it: control characters, bytes that are no UTF-8 and what
/// turns the direction of writing become escapes as C has them.
std::string printable(std::string_view text);

/// In quotes, printable(), cut when long; what nobody sees, such as a blank that does not break, is
/// escaped, too.
std::string shown(std::string_view value);

/// A count with its noun: "1 learner", "2 learners", "0 categories".
/// @param noun in the singular; it is its last word that becomes a plural
std::string counted(std::int64_t n, std::string_view noun);

/// " (did you mean 'lr'?)" where one of `words` is but a slip of the hand away from `word`, else
/// nothing.
std::string did_you_mean(std::string_view word, std::span<const std::string_view> words);

/// A question as its data named it: its text id, or its number where ids are numbers.
std::string question_name(const std::vector<std::string>& question_ids, int question);

}  // namespace manygpcm
