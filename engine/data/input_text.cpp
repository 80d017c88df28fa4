// Reading numbers out of a file that somebody else made, and saying what is wrong with them.
#include "data/input_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstring>
#include <vector>

#include "manygpcm/engine/dataset.h"

namespace manygpcm {
namespace {

bool is_true(std::string_view text) {
    return text == "TRUE" || text == "True" || text == "true";
}

bool is_false(std::string_view text) {
    return text == "FALSE" || text == "False" || text == "false";
}

}  // namespace

InputError error_at(const std::filesystem::path& file, int line, std::string_view message) {
    return InputError(fmt::format("{}:{}: {}", file.string(), line, message));
}

std::size_t count_of(char c, std::string_view text) {
    constexpr std::uint64_t lowest_bits = 0x0101010101010101, lower_bits = 0x7f * lowest_bits,
                            every_other = 0x00ff00ff00ff00ff, sum_of_four = 0x0001000100010001;
    constexpr int top_bit = 7, top_of_four = 48;
    constexpr std::size_t size = sizeof(std::uint64_t), most = 255;  // words that a byte can count
    std::size_t n = 0;
    while (text.size() >= size) {
        const std::size_t words = std::min(text.size() / size, most);
        std::uint64_t counts = 0;  // of each of eight places in a word
        for (std::size_t i = 0; i < words; ++i) {
            std::uint64_t word = 0;
            std::memcpy(&word, text.data() + i * size, size);
            word ^= lowest_bits * static_cast<unsigned char>(c);  // 0 where it is the character
            counts += ~(((word & lower_bits) + lower_bits) | word | lower_bits) >> top_bit;
        }
        counts = (counts & every_other) + ((counts >> 8) & every_other);
        n += counts * sum_of_four >> top_of_four;
        text.remove_prefix(words * size);
    }
    return n + static_cast<std::size_t>(std::ranges::count(text, c));
}

std::vector<std::string_view> lines_of(std::string_view text) {
    return all_lines_of(text.substr(0, text.find_last_not_of(" \t\r\n") + 1));
}

std::vector<std::string_view> all_lines_of(std::string_view text) {
    std::vector<std::string_view> lines;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        std::string_view line = text.substr(0, end);
        if (line.ends_with('\r')) line.remove_suffix(1);
        lines.push_back(trimmed(line));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return lines;
}

std::vector<std::string_view> split(std::string_view line, std::string_view marks) {
    std::vector<std::string_view> parts;
    for (;;) {
        const std::size_t end = line.find_first_of(marks);
        parts.push_back(trimmed(line.substr(0, end)));
        if (end == line.npos) return parts;
        line.remove_prefix(end + 1);
    }
}

std::optional<double> parse_number(std::string_view text, char decimal_mark) {
    if (const auto value = value_of_digits(text)) return static_cast<double>(*value);
    std::string number(trimmed(text));
    if (decimal_mark != '.') std::ranges::replace(number, decimal_mark, '.');
    double value = 0;
    const char* end_of_text = number.data() + number.size();
    const auto [end, error] = std::from_chars(number.data(), end_of_text, value);
    if (error != std::errc() || end != end_of_text || !std::isfinite(value)) return std::nullopt;
    return value;
}

std::optional<std::int32_t> parse_id(std::string_view text, int limit, char decimal_mark) {
    if (const auto value = value_of_digits(text); value && *value < limit)
        return static_cast<std::int32_t>(*value);
    text = trimmed(text);
    std::int32_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) {
        const auto number = parse_number(text, decimal_mark);
        if (!number || *number < 0 || *number >= limit || *number != std::floor(*number))
            return std::nullopt;
        value = static_cast<std::int32_t>(*number);
    }
    if (value < 0 || value >= limit) return std::nullopt;
    return value;
}

bool is_truth_value(std::string_view text) {
    return is_true(text) || is_false(text);
}

std::optional<std::int32_t> parse_score(std::string_view text, int limit, char decimal_mark) {
    if (const auto value = parse_id(text, limit, decimal_mark)) return value;
    text = trimmed(text);
    if (is_true(text)) return 1;
    return is_false(text) ? std::optional(0) : std::nullopt;
}

std::string_view note_of_date(std::string_view text) {
    constexpr std::array<std::string_view, 17> months = {
        "Jan", "Feb", "Mar", "Mrz", "M\u00E4r", "Apr", "May", "Mai", "Jun",
        "Jul", "Aug", "Sep", "Oct", "Okt",      "Nov", "Dec", "Dez"};
    std::size_t numbers = 0, names = 0;
    for (const std::string_view part : split(text, ".-/ ")) {
        if (part.empty()) continue;  // between two marks, as in "2. Jan"
        if (value_of_digits(part))
            ++numbers;
        else if (std::ranges::any_of(months, [&](auto name) { return part.starts_with(name); }))
            ++names;
        else
            return "";
    }
    const bool is_date = names == 1 ? numbers == 1 || numbers == 2 : names == 0 && numbers == 3;
    return is_date ? " (a date, as spreadsheets make of 2/1)" : "";
}

std::int32_t parse_category(std::string_view text, const std::filesystem::path& file, int line,
                            char decimal_mark) {
    if (const auto category = parse_score(text, max_categories, decimal_mark)) return *category;
    const auto number = parse_number(text, decimal_mark);
    const bool whole = number && *number == std::floor(*number);
    throw error_at(file, line,
                   fmt::format("category {}{}; expected an integer from 0 to {}{}", shown(text),
                               note_of_date(text), max_categories - 1,
                               whole ? ": leave out what stands for a missing answer" : ""));
}

std::optional<std::string> plain_number(std::string_view text, char decimal_mark) {
    constexpr std::string_view digits = "0123456789";
    const bool negative = text.starts_with('-');
    if (negative || text.starts_with('+')) text.remove_prefix(1);
    const std::size_t mark = std::min(text.find(decimal_mark), text.size());
    std::string_view whole = text.substr(0, mark);
    std::string_view decimals = text.substr(std::min(mark + 1, text.size()));
    const auto all_digits = [&](std::string_view part) {
        return part.find_first_not_of(digits) == part.npos;
    };
    if (whole.empty() || !all_digits(whole) || !all_digits(decimals)) return std::nullopt;
    whole.remove_prefix(std::min(whole.find_first_not_of('0'), whole.size() - 1));
    decimals = decimals.substr(0, decimals.find_last_not_of('0') + 1);
    const bool zero = whole == "0" && decimals.empty();
    return fmt::format("{}{}{}{}", negative && !zero ? "-" : "", whole, decimals.empty() ? "" : ".",
                       decimals);
}

}  // namespace manygpcm
