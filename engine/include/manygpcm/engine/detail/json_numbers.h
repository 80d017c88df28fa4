// Numbers out of JSON that anybody may have written: what isn't one, or one too large for its
// place, is a std::invalid_argument that says so.
#pragma once

#include <cmath>
#include <concepts>
#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

namespace manygpcm {

/// A number that may be infinite or NaN, in strict JSON: null is NaN, "Infinity" and "-Infinity"
/// are what they say.
inline nlohmann::json number_to_json(double value) {
    if (std::isnan(value)) return nullptr;
    if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
    return value;
}

/// The inverse; nothing where the value isn't such a number.
inline std::optional<double> number_from_json(const nlohmann::json& value) {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    if (value.is_null()) return std::numeric_limits<double>::quiet_NaN();
    if (value.is_number()) return value.get<double>();
    if (value == "Infinity") return infinity;
    if (value == "-Infinity") return -infinity;
    return std::nullopt;
}

/// What nlohmann's exception says, without its code.
inline std::string plain_words(const nlohmann::json::exception& error) {
    const std::string text = error.what();  // "[json.exception.out_of_range.403] key ..."
    const auto code_end = text.find("] ");
    return code_end == text.npos ? text : text.substr(code_end + 2);
}

/// @throws std::invalid_argument of a value that isn't `expected`
[[noreturn]] inline void refuse_number(const nlohmann::json& json, const std::string& expected) {
    constexpr std::size_t longest = 40;
    std::string text = json.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
    if (text.size() > longest) text = text.substr(0, longest) + "...";
    throw std::invalid_argument(text + ": isn't " + expected);
}

/// Of number_to_json(): infinite ones and NaN included.
inline double number_in(const nlohmann::json& json) {
    const auto value = number_from_json(json);
    if (!value) refuse_number(json, "a number");
    return *value;
}

/// A whole number from `low` to the largest of its type.
template <std::integral Integer>
Integer whole_number_in(const nlohmann::json& json,
                        Integer low = std::numeric_limits<Integer>::min()) {
    // nlohmann's own get() cuts off what doesn't fit, and its comparisons do so before.
    const auto in_range = [&](auto value) {
        return std::in_range<Integer>(value) && static_cast<Integer>(value) >= low;
    };
    const bool fits = json.is_number_unsigned()  ? in_range(json.get<std::uint64_t>())
                      : json.is_number_integer() ? in_range(json.get<std::int64_t>())
                                                 : false;
    if (!fits) refuse_number(json, "a whole number in range");
    return json.get<Integer>();
}

}  // namespace manygpcm
