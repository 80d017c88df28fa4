// JSON as Python's json module writes it: with NaN and Infinity, which JSON doesn't know.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>

namespace manygpcm::search {

/// Parses one JSON text, in which NaN becomes null, Infinity and -Infinity strings. Nothing if it
/// isn't JSON.
/// @param where  the text is from, for the message
/// @throws InputError for one that is nested too deep
std::optional<nlohmann::ordered_json> parse_python_json(std::string_view text,
                                                        std::string_view where);

}  // namespace manygpcm::search
