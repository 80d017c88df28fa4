// Writes gnuplot commands.
#include "plot_script.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace manygpcm {
namespace {

constexpr int title_height = 50;
constexpr int pixels_per_character = 8;  // of DejaVu Sans at 10 points, seldom more

}  // namespace

int text_width(const std::string& text) {
    return pixels_per_character * static_cast<int>(text.size());
}

std::pair<double, double> padded_range(std::span<const double> values) {
    if (values.empty()) return {0, 1};
    const auto [low, high] = std::ranges::minmax(values);
    const double pad = high > low ? (high - low) / 20 : std::max(0.01, std::abs(high) / 20);
    return {low - pad, high + pad};
}

PlotScript::PlotScript(int width, int height, const std::string& title)
    : width_(width), height_(height) {
    line(fmt::format(
        "set terminal pngcairo size {},{} background '#ffffff' font 'Sans,11' noenhanced", width,
        height));
    line("set output out");
    line("set encoding utf8");
    line("set multiplot");
    line(fmt::format("set label 999 {} at screen 0.5, screen {:.6f} center font 'Sans,15'",
                     gnuplot_string(title), 1 - 0.5 * title_height / height));
    line(
        "unset border\nunset tics\nunset key\nset margins 0,0,0,0\nset xrange [0:1]\nset yrange "
        "[0:1]");
    line("plot -1");
}

void PlotScript::panel(const PanelPlace& place, const std::string& title,
                       const std::string& x_title, const std::string& y_title) {
    const double width = width_, height = height_;
    line("reset");
    line(fmt::format("set lmargin at screen {:.6f}", (place.left + place.margin_left) / width));
    line(fmt::format("set rmargin at screen {:.6f}",
                     (place.left + place.width - place.margin_right) / width));
    line(fmt::format("set tmargin at screen {:.6f}", 1 - (place.top + place.margin_top) / height));
    line(fmt::format("set bmargin at screen {:.6f}",
                     1 - (place.top + place.height - place.margin_bottom) / height));
    // A label, for a title would have its place moved by the key.
    line(fmt::format("set label 900 {} at screen {:.6f}, screen {:.6f} center font 'Sans,13'",
                     gnuplot_string(title), (place.left + 0.5 * place.width) / width,
                     1 - (place.top + 20) / height));
    line("set border 3 lc rgb '#606060'\nset tics nomirror out font 'Sans,10'");
    line("set grid back lc rgb '#e0e0e0' lt 1");
    line("set key horizontal center bottom at graph 0.5, graph 1.01 font 'Sans,10' samplen 1.5");
    if (!x_title.empty()) line(fmt::format("set xlabel {}", gnuplot_string(x_title)));
    if (!y_title.empty()) line(fmt::format("set ylabel {}", gnuplot_string(y_title)));
}

void PlotScript::data(const std::string& name, const std::vector<std::vector<double>>& rows) {
    text_ += fmt::format("${} << END\n", name);
    for (const auto& row : rows) {
        for (const double value : row)
            text_ += std::isfinite(value) ? fmt::format("{:.10g} ", value) : std::string("NaN ");
        text_ += '\n';
    }
    // Without a point there's an error, with one that is a gap there's none.
    if (rows.empty()) text_ += "NaN NaN NaN NaN NaN NaN\n";
    text_ += "END\n";
}

void PlotScript::tics(char axis, std::span<const std::pair<double, std::string>> tics, int room) {
    std::string list;
    int widest = 0;
    for (const auto& [position, label] : tics) {
        list +=
            fmt::format("{}{} {:.10g}", list.empty() ? "" : ", ", gnuplot_string(label), position);
        widest = std::max(widest, text_width(label));
    }
    const bool turned = room > 0 && widest * static_cast<int>(tics.size()) > room;
    line(fmt::format("set {}tics {}({})", axis, turned ? "rotate by 35 right " : "", list));
}

void PlotScript::x_range(double low, double high) {
    line(fmt::format("set xrange [{:.10g}:{:.10g}]", low, high));
}

void PlotScript::y_range(double low, double high) {
    line(fmt::format("set yrange [{:.10g}:{:.10g}]", low, high));
}

std::string PlotScript::finish() {
    line("unset multiplot");
    line("unset output");
    return std::move(text_);
}

}  // namespace manygpcm
