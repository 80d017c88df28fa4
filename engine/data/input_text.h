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

/// `text` without spaces and tabs around it.
std::string_view trimmed(std::string_view text);

/// The lines of a text, trimmed, without the blank ones at its end.
std::vector<std::string_view> lines_of(std::string_view text);

/// The same with those.
std::vector<std::string_view> all_lines_of(std::string_view text);

/// The trimmed parts of a line between any of `marks`; one of a line without.
std::vector<std::string_view> split(std::string_view line, std::string_view marks);

/// The finite number that is all of `text` but for spaces around it, if it is one.
/// @param decimal_mark before its decimals, a point or a comma
std::optional<double> parse_number(std::string_view text, char decimal_mark = '.');

/// The same if it is a whole one in 0..limit-1, however it is written: 2 and 2.0 are alike.
std::optional<std::int32_t> parse_id(std::string_view text, int limit, char decimal_mark = '.');

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
