// Tables and numbers as the Markdown report prints them.
#include "markdown_table.h"

#include <fmt/format.h>

#include <cmath>

namespace manygpcm {
namespace {

std::string row(const std::vector<std::string>& cells) {
    std::string text = "|";
    for (const std::string& cell : cells) {
        text += ' ';
        for (const char c : cell) {
            if (c == '|') text += '\\';
            text += c;
        }
        text += " |";
    }
    return text + '\n';
}

}  // namespace

std::string markdown_table(const std::vector<std::string>& header,
                           const std::vector<std::vector<std::string>>& rows) {
    std::vector<std::string> alignment(header.size(), "---:");
    alignment.front() = "---";
    std::string text = row(header) + row(alignment);
    for (const auto& cells : rows)
        text += row(cells);
    return text;
}

std::string fixed(double value, int decimals) {
    return std::isfinite(value) ? fmt::format("{:.{}f}", value, decimals) : "n/a";
}

}  // namespace manygpcm
