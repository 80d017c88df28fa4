// A table is told by the names in its header, sequence text by the count that it begins with.
#include "data/file_form.h"

#include <fmt/format.h>

#include <algorithm>

#include "data/csv_records.h"
#include "data/input_text.h"

namespace manygpcm {
namespace {

struct FirstLine {
    std::string_view text;
    int number = 1;  ///< of the line, from 1
};

/// The first line that isn't blank and declares no separator; there is one.
FirstLine first_line(std::string_view text) {
    const auto declared = declared_separator(text);
    const std::size_t start = text.find_first_not_of(" \t\r\n", declared ? declared->end : 0);
    const auto number = 1 + static_cast<int>(std::ranges::count(text.substr(0, start), '\n'));
    text.remove_prefix(text.find_last_of('\n', start) + 1);
    std::string_view line = text.substr(0, text.find('\n'));
    if (line.ends_with('\r')) line.remove_suffix(1);
    return {line, number};
}

/// How many of the fields are names of columns, whatever their spelling.
std::ptrdiff_t n_known(std::string_view line, char separator) {
    std::ptrdiff_t n = 0;
    for (;;) {
        const std::size_t end = line.find(separator);
        std::string name = folded(line.substr(0, end));
        std::erase(name, '"');
        n += std::ranges::count_if(known_columns, [&](const auto& names) {
            return std::ranges::find(names, name) != names.end();
        });
        if (end == line.npos) return n;
        line.remove_prefix(end + 1);
    }
}

bool is_count(std::string_view line) {
    while (line.ends_with(',') || line.ends_with(' '))
        line.remove_suffix(1);
    return parse_number(line).has_value();
}

}  // namespace

std::string_view header_of(std::string_view text) {
    return first_line(text).text;
}

char separator_of(std::string_view text) {
    if (const auto declared = declared_separator(text)) return declared->separator;
    const std::string_view header = header_of(text);
    return std::ranges::max(separators, {}, [&](char c) { return std::ranges::count(header, c); });
}

bool is_long_csv(std::string_view text) {
    constexpr std::ptrdiff_t needed = 3;
    const FirstLine first = first_line(text);
    if (const auto declared = declared_separator(text))
        return n_known(first.text, declared->separator) >= needed;
    return std::ranges::any_of(separators,
                               [&](char c) { return n_known(first.text, c) >= needed; });
}

FileForm form_of(const std::filesystem::path& file, std::string_view text) {
    const FirstLine first = first_line(text);
    const auto declared = declared_separator(text);
    const char separator =
        declared ? declared->separator
                 : std::ranges::max(separators, {}, [&](char c) { return n_known(first.text, c); });
    if (n_known(first.text, separator) > 0) return {.is_table = true, .separator = separator};
    if (is_count(first.text)) return {.is_table = false};
    throw error_at(
        file, first.number,
        fmt::format("{} begins no data; expected a table, its header with student, item "
                    "and score, separated by commas, semicolons or tabs, or three lines "
                    "a learner: the count of the answers, the questions, the categories; manygpcm "
                    "convert makes such a table of wide ones and others",
                    shown(first.text)));
}

std::string folded(std::string_view text) {
    std::string result;
    for (const char c : text)
        if (c != ' ' && c != '\t') result += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    return result;
}

}  // namespace manygpcm
