// In which of the two forms a file of learners is, told by what it holds, not by its name.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace manygpcm {

struct FileForm {
    bool is_table = false;  ///< long CSV; else sequence text
    char separator = ',';   ///< of a table's fields: a comma, a semicolon or a tab
};

/// Decides by the first line that isn't blank. @throws InputError where it begins neither form.
FileForm form_of(const std::filesystem::path& file, std::string_view text);

/// `text` in lower case and without blanks: how a column's name is told in spite of its spelling.
std::string folded(std::string_view text);

/// The columns that a table of answers may have, others being passed over.
inline constexpr std::string_view known_columns[] = {"student", "item", "score", "order",
                                                     "timestamp"};

}  // namespace manygpcm
