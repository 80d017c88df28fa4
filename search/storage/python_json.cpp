// What isn't finite, in and out of JSON.
#include "storage/python_json.h"

#include <cmath>
#include <limits>
#include <string>

#include "manygpcm/engine/detail/json_text.h"

namespace manygpcm::search {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
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

nlohmann::json number_to_json(double value) {
    if (std::isnan(value)) return nullptr;
    if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
    return value;
}

std::optional<double> number_from_json(const nlohmann::json& value) {
    if (value.is_null()) return std::numeric_limits<double>::quiet_NaN();
    if (value.is_number()) return value.get<double>();
    if (value == "Infinity") return infinity;
    if (value == "-Infinity") return -infinity;
    return std::nullopt;
}

std::string plain_words(const nlohmann::json::exception& error) {
    const std::string text = error.what();  // "[json.exception.out_of_range.403] key ..."
    const auto code_end = text.find("] ");
    return code_end == text.npos ? text : text.substr(code_end + 2);
}

}  // namespace manygpcm::search
