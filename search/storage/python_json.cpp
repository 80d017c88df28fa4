// What isn't finite, in and out of JSON.
#include "storage/python_json.h"

#include <string>

#include "manygpcm/engine/detail/json_text.h"

namespace manygpcm::search {
namespace {

constexpr std::pair<std::string_view, std::string_view> replacements[] = {
    {"NaN", "null"}, {"Infinity", "\"Infinity\""}, {"-Infinity", "\"-Infinity\""}};

/// The text with Python's words, outside of strings, in strict JSON.
std::string strict(std::string_view text) {
    std::string result;
    bool in_string = false;
    while (!text.empty()) {
        if (in_string && text.starts_with('\\')) {
            result += text.substr(0, 2);
            text.remove_prefix(std::min<std::size_t>(2, text.size()));
            continue;
        }
        if (text.starts_with('"')) in_string = !in_string;
        std::size_t taken = 1;
        std::string_view put = text.substr(0, 1);
        for (const auto& [word, replacement] : replacements) {
            if (in_string || !text.starts_with(word)) continue;
            taken = word.size();
            put = replacement;
        }
        result += put;
        text.remove_prefix(taken);
    }
    return result;
}

}  // namespace

std::optional<nlohmann::ordered_json> parse_python_json(std::string_view text,
                                                        std::string_view where) {
    auto value = parse_json<nlohmann::ordered_json>(text, where);
    if (value.is_discarded()) value = parse_json<nlohmann::ordered_json>(strict(text), where);
    if (value.is_discarded()) return std::nullopt;
    return value;
}

}  // namespace manygpcm::search
