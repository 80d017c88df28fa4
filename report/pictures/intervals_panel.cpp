// Draws points with whiskers beside names.
#include "pictures/intervals_panel.h"

#include <fmt/format.h>

#include <algorithm>

#include "sections/markdown_text.h"

namespace manygpcm::report {

void intervals_panel(PlotScript& script, PanelPlace place, const std::string& title,
                     const std::string& x_title, const std::vector<ScoredRow>& rows) {
    std::vector<std::vector<double>> winners, others;
    std::vector<double> ends;
    Tics names;
    const auto n = static_cast<double>(rows.size());
    int widest = 0;
    for (const ScoredRow& row : rows) {
        const double y = n - static_cast<double>(names.size());
        (row.winner ? winners : others).push_back({row.value, y, row.low, row.high});
        ends.insert(ends.end(), {row.low, row.high});
        const std::string name = elided(one_line(row.name), 24);
        widest = std::max(widest, text_width(name));
        names.emplace_back(y, gnuplot_string(name));
    }
    place.margin_left = 30 + widest;
    script.panel(place, title, x_title, "");
    const auto [low, high] = padded_range(ends);
    script.range('x', low, high);
    script.tics('x', value_tics_within(low, high, place.axis_width()));
    script.range('y', 0.4, n + 0.6);
    script.tics('y', names);
    script.data("others", others);
    script.data("winners", winners);
    const auto plot = [](const char* data, const char* mark, const char* key) {
        return fmt::format(", ${} using 1:2:3:4 with xerrorbars {} lw 2 title '{}'", data, mark,
                           key);
    };
    std::string plots = "plot -1e30 notitle";
    if (!others.empty()) plots += plot("others", "pt 4 ps 1.3 lc rgb '#0072B2'", "others");
    if (!winners.empty())
        plots += plot("winners", "pt 7 ps 1.5 lc rgb '#D55E00'",
                      winners.size() > 1 ? "winners" : "the winner");
    script.line(plots);
}

}  // namespace manygpcm::report
