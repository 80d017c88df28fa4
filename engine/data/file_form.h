// In which of the two forms a file of learners is, told by what it holds, not by its name.
#pragma once

#include <array>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

namespace manygpcm {

struct FileForm {
    bool is_table = false;  ///< long CSV; else sequence text
    char separator = ',';   ///< of a table's fields: a comma, a semicolon, a tab, or as declared
};

/// Decides by the first line that isn't blank and declares no separator, which `text` has whole.
/// @throws InputError where it begins neither form.
FileForm form_of(const std::filesystem::path& file, std::string_view text);

/// What may part the fields of a table.
inline constexpr std::array separators = {',', ';', '\t'};

/// The first line that isn't blank and declares no separator. @param text how a table begins
std::string_view header_of(std::string_view text);

/// What parts the fields of a table, whatever its columns are called: what its header has most of,
/// or what a line before that declares.
char separator_of(std::string_view text);

/// Whether it is a table whose header has a student, an item and a score.
bool is_long_csv(std::string_view text);

/// `text` in lower case and without blanks: how a column's name is told in spite of its spelling.
std::string folded(std::string_view text);

/// The columns that a table of answers may have, others being passed over: each by the names that
/// it goes by in published logs, the first of which counts where a table has several.
namespace column {
inline constexpr std::string_view student[] = {"student",    "learner", "user",       "person",
                                               "student_id", "user_id", "learner_id", "uid"};
inline constexpr std::string_view item[] = {"item",    "question",    "problem",
                                            "item_id", "question_id", "problem_id"};
inline constexpr std::string_view score[] = {"score", "response", "correct", "category"};
inline constexpr std::string_view order[] = {"order"};
inline constexpr std::string_view timestamp[] = {"timestamp"};
inline constexpr std::string_view skill[] = {"skill", "skill_id"};
}  // namespace column
/// Those that tell a table of answers from others.
inline constexpr std::span<const std::string_view> known_columns[] = {
    column::student, column::item, column::score, column::order, column::timestamp};

}  // namespace manygpcm
