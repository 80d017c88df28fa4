// JSON from outside, read with a bound on its nesting: whatever walks a value (copies, output)
// calls itself a level at a time, and a file must not decide how deep.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "manygpcm/engine/error.h"

namespace manygpcm {

/// Levels of arrays and objects; none of the files that are read here needs a tenth of it.
inline constexpr int deepest_json = 100;

/// Whether `text` nests deeper than that, if it is JSON.
inline bool nests_too_deep(std::string_view text) {
    int depth = 0;
    bool in_string = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c == '"') in_string = !in_string;
        if (in_string && c == '\\') ++i;
        if (in_string) continue;
        if ((c == '[' || c == '{') && ++depth > deepest_json) return true;
        if (c == ']' || c == '}') --depth;
    }
    return false;
}

/// The first number of `text` that no double holds, and where it stands: "ability[2] is 1e400".
/// Empty where there is none, or no JSON before it.
std::string number_beyond_double(std::string_view text);

/// The value of `text`, discarded (nlohmann's is_discarded()) where it isn't JSON.
/// @param where the text is from, "FILE" or "FILE:LINE"
/// @throws InputError "WHERE: nested deeper than 100 ..." before anything is parsed; "WHERE: KEY is
/// 1e400; ..." of a number that no double holds
template <class Json = nlohmann::json>
Json parse_json(std::string_view text, std::string_view where) {
    if (nests_too_deep(text))
        throw InputError(std::string(where) + ": nested deeper than " +
                         std::to_string(deepest_json) + " levels; expected JSON of a few");
    constexpr bool exceptions = false;
    Json value = Json::parse(text, nullptr, exceptions);
    if (!value.is_discarded()) return value;
    if (const std::string beyond = number_beyond_double(text); !beyond.empty())
        throw InputError(std::string(where) + ": " + beyond +
                         "; expected a number that a double can hold, up to 1.8e308");
    return value;
}

}  // namespace manygpcm
