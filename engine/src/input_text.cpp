// Reading numbers out of a file that somebody else made, and saying what is wrong with them.
#include "input_text.h"

#include <fmt/format.h>

#include <charconv>

#include "manygpcm/engine/dataset.h"
#include "manygpcm/engine/files.h"

namespace manygpcm {

std::string read_input_text(const std::filesystem::path& file) {
    constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
    std::string text = read_file(file);
    if (text.starts_with(byte_order_mark)) text.erase(0, byte_order_mark.size());
    if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF"))
        throw InputError(fmt::format("{}: is in UTF-16; expected UTF-8", file.string()));
    if (text.find_first_not_of(" \t\r\n") == std::string::npos)
        throw InputError(fmt::format("{}: the file is empty; expected learners and their answers",
                                     file.string()));
    if (text.find('\r') != std::string::npos && text.find('\n') == std::string::npos)
        throw InputError(fmt::format("{}: lines end with CR alone; expected LF or CRLF line ends",
                                     file.string()));
    return text;
}

InputError error_at(const std::filesystem::path& file, int line, std::string_view message) {
    return InputError(fmt::format("{}:{}: {}", file.string(), line, message));
}

std::string shown(std::string_view value) {
    constexpr std::size_t longest = 40;
    std::string text(value.substr(0, longest));
    for (char& c : text)
        if (static_cast<unsigned char>(c) < ' ') c = '?';
    return fmt::format("'{}'{}", text, value.size() > longest ? "..." : "");
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t'))
        text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t'))
        text.remove_suffix(1);
    return text;
}

std::optional<std::int32_t> parse_id(std::string_view text, int limit) {
    text = trimmed(text);
    std::int32_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || value < 0 || value >= limit)
        return std::nullopt;
    return value;
}

std::int32_t parse_category(std::string_view text, const std::filesystem::path& file, int line) {
    const auto category = parse_id(text, max_categories);
    if (!category)
        throw error_at(file, line,
                       fmt::format("category {}; expected an integer from 0 to {}", shown(text),
                                   max_categories - 1));
    return *category;
}

}  // namespace manygpcm
