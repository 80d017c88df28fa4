// What the readers of both dataset formats share: the text of a file, numbers, errors.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "manygpcm/engine/error.h"

namespace manygpcm {

/// The content of a file without its byte order mark. @throws InputError if it can't be read or
/// says nothing or has no line ends but bare CRs.
std::string read_input_text(const std::filesystem::path& file);

/// "FILE:LINE: MESSAGE"
InputError error_at(const std::filesystem::path& file, int line, std::string_view message);

/// A value for an error message: in quotes, on one line, cut when long.
std::string shown(std::string_view value);

/// `text` without spaces and tabs around it.
std::string_view trimmed(std::string_view text);

/// The number that is all of `text` but for spaces around it, if it is one and it is in 0..limit-1.
std::optional<std::int32_t> parse_id(std::string_view text, int limit);

/// The category that `text` says. @throws InputError unless it is one.
std::int32_t parse_category(std::string_view text, const std::filesystem::path& file, int line);

}  // namespace manygpcm
