// Escapes by the rules of CommonMark and GitHub's tables and links.
#include "sections/markdown_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

namespace manygpcm::report {
namespace {

std::string row(const std::vector<std::string>& cells) {
    std::string text = "|";
    for (const std::string& cell : cells)
        text += ' ' + cell + " |";
    return text + '\n';
}

bool letter_or_digit(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || static_cast<unsigned char>(c) >= 128;
}

/// What makes markup anywhere; an underscore only at the edge of a word, a dot and a colon only
/// where they make a link.
bool needs_escape(std::string_view text, std::size_t at) {
    const auto is_word = [&](std::size_t i) { return i < text.size() && letter_or_digit(text[i]); };
    switch (text[at]) {
        case '_':
            return at == 0 || !is_word(at - 1) || !is_word(at + 1);
        case ':':
            return text.substr(at).starts_with("://");
        case '.':
            return at >= 3 && text.substr(at - 3, 3) == "www";
        default:
            return std::string_view("\\`*[]<>&|~$").find(text[at]) != std::string_view::npos;
    }
}

}  // namespace

std::string markdown_heading(std::string_view title) {
    return fmt::format("\n## {}\n\n", title);
}

std::string markdown_subheading(std::string_view title) {
    return fmt::format("\n### {}\n\n", title);
}

std::string markdown_field(std::string_view name, const std::string& value) {
    return fmt::format("- **{}**: {}\n", name, value);
}

std::string markdown_list(const std::vector<std::string>& lines) {
    std::string text;
    for (const std::string& line : lines)
        text += fmt::format("- {}\n", line);
    return text;
}

std::string markdown_table(const std::vector<std::string>& header,
                           const std::vector<std::vector<std::string>>& rows) {
    std::vector<std::string> alignment(header.size(), "---:");
    alignment.front() = "---";
    std::string text = row(header) + row(alignment);
    for (const auto& cells : rows)
        text += row(cells);
    return text;
}

std::string one_line(std::string_view text) {
    std::string line(text);
    for (char& c : line)
        if (static_cast<unsigned char>(c) < ' ' || c == '\x7f') c = ' ';
    return line;
}

std::string markdown_text(std::string_view text) {
    const std::string line = one_line(text);
    std::string escaped;
    for (std::size_t i = 0; i < line.size(); ++i) {
        if (needs_escape(line, i)) escaped += '\\';
        escaped += line[i];
    }
    return escaped;
}

std::string markdown_code(std::string_view text) {
    const std::string line = one_line(text);
    std::size_t longest = 0, run = 0;
    for (const char c : line) {
        run = c == '`' ? run + 1 : 0;
        longest = std::max(longest, run);
    }
    const std::string fence(longest + 1, '`');
    // Blanks beside the fence don't count, where a name begins or ends with a backtick.
    return longest == 0 ? fence + line + fence : fence + ' ' + line + ' ' + fence;
}

}  // namespace manygpcm::report
