// What the readers of both dataset formats share: lines, numbers, errors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "manygpcm/engine/error.h"
#include "manygpcm/engine/shown.h"

namespace manygpcm {

/// "FILE:LINE: MESSAGE"
InputError error_at(const std::filesystem::path& file, int line, std::string_view message);

/// How often a character is in a text, looking at eight at a time.
std::size_t count_of(char c, std::string_view text);

/// Whether a space or a tab.
inline bool is_blank(char c) {
    return c == ' ' || c == '\t';
}

/// `text` without spaces and tabs around it.
inline std::string_view trimmed(std::string_view text) {
    while (!text.empty() && is_blank(text.front()))
        text.remove_prefix(1);
    while (!text.empty() && is_blank(text.back()))
        text.remove_suffix(1);
    return text;
}

/// The lines of a text, trimmed, without the blank ones at its end.
std::vector<std::string_view> lines_of(std::string_view text);

/// The same with those.
std::vector<std::string_view> all_lines_of(std::string_view text);

/// The trimmed parts of a line between any of `marks`; one of a line without.
std::vector<std::string_view> split(std::string_view line, std::string_view marks);

/// The value of a few digits, as nearly every number is; none of anything else.
inline std::optional<std::int64_t> value_of_digits(std::string_view text) {
    constexpr std::size_t most = 15;  // a double holds them
    if (text.empty() || text.size() > most) return std::nullopt;
    std::int64_t value = 0;
    for (const char c : text) {
        if (c < '0' || c > '9') return std::nullopt;
        value = 10 * value + (c - '0');
    }
    return value;
}

/// The finite number that is all of `text` but for spaces around it, if it is one.
/// @param decimal_mark before its decimals, a point or a comma
std::optional<double> parse_number(std::string_view text, char decimal_mark = '.');

/// The same if it is a whole one in 0..limit-1, however it is written: 2 and 2.0 are alike.
std::optional<std::int32_t> parse_id(std::string_view text, int limit, char decimal_mark = '.');

/// The same of a score, which may also be the TRUE or FALSE of R, Python or a spreadsheet: 1 or 0.
std::optional<std::int32_t> parse_score(std::string_view text, int limit, char decimal_mark = '.');

/// Whether it is one of those words.
bool is_truth_value(std::string_view text);

/// " (a date, ...)" of what a spreadsheet makes of a number with a point or a slash, as 2.Jan of
/// 2/1; else nothing.
std::string_view note_of_date(std::string_view text);

/// The category that `text` says. @throws InputError unless it is one.
std::int32_t parse_category(std::string_view text, const std::filesystem::path& file, int line,
                            char decimal_mark = '.');

/// Whether every answer needs its score, or a learner's last one may have none: a question that is
/// asked and not answered yet.
enum class LastScore { required, optional };

/// How `text` would be written as a number, if it is one without exponent: "7" for 7.0, 07 and +7.
/// Exact, however many digits there are.
std::optional<std::string> plain_number(std::string_view text, char decimal_mark = '.');

}  // namespace manygpcm
