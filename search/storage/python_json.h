// JSON as Python's json module writes it: with NaN and Infinity, which JSON doesn't know.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace manygpcm::search {

/// Parses one JSON text, in which NaN becomes null, Infinity and -Infinity strings. Nothing if it
/// isn't JSON.
/// @param where  the text is from, for the message
/// @throws InputError for one that is nested too deep
std::optional<nlohmann::ordered_json> parse_python_json(std::string_view text,
                                                        std::string_view where);

/// A number that may be infinite or NaN, in strict JSON: null is NaN, "Infinity" and "-Infinity"
/// are what they say.
nlohmann::json number_to_json(double value);

/// The inverse; nothing where the value isn't such a number.
std::optional<double> number_from_json(const nlohmann::json& value);

/// What nlohmann's exception says, without its code.
std::string plain_words(const nlohmann::json::exception& error);

}  // namespace manygpcm::search
