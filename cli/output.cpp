// Metrics and names as text, the same in every command.
#include "output.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <utility>

#include "manygpcm/engine/files.h"
#include "manygpcm/engine/shown.h"
#include "manygpcm/engine/shown_metrics.h"
#include "streams.h"

namespace manygpcm::cli {

std::string number_field(double value, int width, int decimals) {
    return std::isfinite(value) ? fmt::format("{:>{}.{}f}", value, width, decimals)
                                : fmt::format("{:>{}}", "-", width);
}

std::string metrics_table(const Metrics& metrics, std::optional<double> qwk_fitted) {
    std::string table;
    const auto add = [&](std::string_view name, double value) {
        table += fmt::format("  {:<28}{}\n", name, number_field(value, 8, 4));
    };
    for (const Metric* metric : shown_metrics(static_cast<int>(metrics.categories.size())))
        add(metric->name, metrics[*metric]);
    if (qwk_fitted) add("qwk_fitted", *qwk_fitted);
    return table;
}

namespace {

constexpr std::size_t narrowest_column = 7;

int width_of(const Metric& metric) {
    return static_cast<int>(std::max(narrowest_column, metric.name.size()));
}

}  // namespace

std::string brief_titles(int n_categories) {
    std::string titles;
    for (const Metric* metric : shown_metrics(n_categories))
        if (metric->brief) titles += fmt::format("  {:>{}}", metric->name, width_of(*metric));
    return titles;
}

std::string brief_values(const Metrics& metrics) {
    std::string values;
    for (const Metric* metric : shown_metrics(static_cast<int>(metrics.categories.size())))
        if (metric->brief) values += "  " + number_field(metrics[*metric], width_of(*metric), 4);
    return values;
}

std::string with_streams_named(std::string text) {
    constexpr std::string_view inside = "/._-";  // a longer path
    const auto is_path = [&](std::size_t at) {
        return at < text.size() && (std::isalnum(static_cast<unsigned char>(text[at])) != 0 ||
                                    inside.find(text[at]) != inside.npos);
    };
    for (const auto& [path, name] :
         {std::pair<std::string_view, std::string_view>(standard_input, "standard input"),
          {standard_output, "standard output"}})
        for (std::size_t at = 0; (at = text.find(path, at)) != text.npos; at += name.size())
            if ((at == 0 || !is_path(at - 1)) && !is_path(at + path.size()))
                text.replace(at, path.size(), name);
    return text;
}

void print_beside(const std::vector<std::filesystem::path>& outs, std::string_view text) {
    if (std::ranges::any_of(outs, is_standard_output))
        print_stderr(with_streams_named(std::string(text)));
    else
        fmt::print("{}", text);
}

void tell(const std::vector<std::string>& notices) {
    for (const std::string& notice : notices)
        print_stderr(fmt::format("manygpcm: {}\n", printable(with_streams_named(notice))));
}

void tell_line(const std::string& notice) {
    tell({notice});
}

}  // namespace manygpcm::cli
