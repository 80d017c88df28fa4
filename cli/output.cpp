// Metrics and names as text, the same in every command.
#include "output.h"

#include <fmt/format.h>

#include <cmath>

#include "manygpcm/engine/shown.h"

namespace manygpcm::cli {

std::string number_field(double value, int width, int decimals) {
    return std::isfinite(value) ? fmt::format("{:>{}.{}f}", value, width, decimals)
                                : fmt::format("{:>{}}", "-", width);
}

std::string metrics_table(const Metrics& metrics) {
    std::string table;
    for (const auto& [name, value] : metrics.scalars())
        table += fmt::format("  {:<28}{}\n", name, number_field(value, 8, 4));
    return table;
}

std::string csv_field(std::string_view text) {
    // Blanks at the ends would be trimmed when the field is read back.
    constexpr std::string_view blanks = " \t";
    const bool blank_ends = !text.empty() && (blanks.find(text.front()) != blanks.npos ||
                                              blanks.find(text.back()) != blanks.npos);
    if (!blank_ends && text.find_first_of(",\"\r\n") == std::string_view::npos)
        return std::string(text);
    std::string quoted = "\"";
    for (const char c : text) {
        if (c == '"') quoted += '"';
        quoted += c;
    }
    return quoted + '"';
}

void tell(const std::vector<std::string>& notices) {
    for (const std::string& notice : notices)
        fmt::print(stderr, "manygpcm: {}\n", printable(notice));
}

}  // namespace manygpcm::cli
