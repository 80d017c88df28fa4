// Numbers out of JSON that anybody may have written: what isn't one, or one too large for its
// place, is a std::invalid_argument that says so.
#pragma once

#include <concepts>
#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <utility>

#include "storage/python_json.h"

namespace manygpcm::search {

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

}  // namespace manygpcm::search
