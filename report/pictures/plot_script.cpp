// Writes gnuplot commands.
#include "pictures/plot_script.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

namespace manygpcm::report {
namespace {

constexpr int title_height = 50;
constexpr int pixels_per_character = 8;  // of DejaVu Sans at 10 points, seldom more

constexpr int line_height = 17;     // of an axis' title
constexpr int pixels_of_title = 9;  // a character of one, seldom more

// Of UTF-8.
std::vector<std::string> characters(const std::string& text) {
    std::vector<std::string> all;
    for (const char c : text)
        if ((c & 0xC0) != 0x80 || all.empty())
            all.emplace_back(1, c);
        else
            all.back() += c;
    return all;
}

double beyond(double low, double high) {
    return high > low ? high : low + std::max(1e-6, std::abs(low) / 1000);
}

std::vector<std::string> lines_of(const std::string& title, int room) {
    std::vector<std::string> lines;
    for (std::size_t begin = 0, end = 0; end < title.size(); begin = end + 1) {
        end = std::min(title.find('\n', begin), title.size());
        lines.push_back(elided(title.substr(begin, end - begin),
                               static_cast<std::size_t>(room / pixels_of_title)));
    }
    return lines;
}

}  // namespace

int text_width(const std::string& text) {
    return pixels_per_character * static_cast<int>(characters(text).size());
}

std::string elided(const std::string& text, std::size_t length) {
    const std::vector<std::string> all = characters(text);
    if (all.size() <= length) return text;
    const std::size_t kept = length - 1, tail = kept / 2, head = kept - tail;
    return fmt::format("{}…{}", fmt::join(std::span(all).first(head), ""),
                       fmt::join(std::span(all).last(tail), ""));
}

std::vector<std::string> wrapped(const std::string& text, std::size_t length) {
    std::vector<std::string> lines = {""};
    std::size_t in_line = 0;
    for (std::size_t begin = 0, end = 0; begin < text.size(); begin = end) {
        end = std::min(text.find_first_of("_ ", begin), text.size() - 1) + 1;
        const std::string word = text.substr(begin, end - begin);
        const std::size_t n = characters(word).size();
        if (in_line > 0 && in_line + n > length) {
            lines.emplace_back();
            in_line = 0;
        }
        lines.back() += word;
        in_line += n;
    }
    return lines;
}

std::string gnuplot_lines(std::span<const std::string> lines) {
    std::vector<std::string> quoted;
    for (const std::string& line : lines)
        quoted.push_back(gnuplot_string(line));
    return fmt::format("{}", fmt::join(quoted, " . \"\\n\" . "));
}

std::pair<double, double> padded_range(std::span<const double> values) {
    if (values.empty()) return {0, 1};
    const auto [low, high] = std::ranges::minmax(values);
    const double extent = high > low ? high - low : std::abs(high);
    const double pad = extent > 0 ? extent / 20 : 0.01;
    return {low - pad, high + pad};
}

ScoreAxis score_axis(std::span<const double> scores, bool marks_at_foot) {
    const auto [low, high] = padded_range(scores);
    if (!marks_at_foot) return {low, high, low};
    const double room = (high - low) / 12;
    return {low - room, high, low - room / 2};
}

Tics value_tics(double low, double high, int most) {
    Tics bounds = {{low, gnuplot_string(fmt::format("{:.10g}", low))},
                   {high, gnuplot_string(fmt::format("{:.10g}", high))}};
    // Halves, for the width of no range overflows.
    const double raw = (high / 2 - low / 2) / most * 2;
    if (!(raw > 0) || !std::isfinite(raw)) return bounds;
    const auto power = [](double x) { return static_cast<int>(std::floor(std::log10(x) + 1e-9)); };
    const double magnitude = std::pow(10, power(raw));
    double step = 10 * magnitude;
    for (const double factor : {5.0, 2.0, 1.0})
        if (factor * magnitude >= raw) step = factor * magnitude;
    const double largest = std::max(std::abs(low), std::abs(high));
    const int decimals = std::max(0, -power(step)), digits = power(largest) - power(step);
    constexpr int digits_of_double = 15;
    if (digits >= digits_of_double) return bounds;
    constexpr double shortest = 1e-4, longest = 1e6;  // what reads well without an exponent
    const auto label = [&](double value) -> std::string {
        if (std::abs(value) < step / 1e6) return "'0'";
        if (largest >= shortest && largest < longest)
            return gnuplot_string(fmt::format("{:.{}f}", value, decimals));
        return gnuplot_string(fmt::format("{:.{}e}", value, std::max(0, digits)));
    };
    Tics tics;
    const double first = std::ceil(low / step - 1e-9);
    for (int i = 0; i <= most && (first + i) * step <= high + 1e-9 * step; ++i)
        tics.emplace_back((first + i) * step, label((first + i) * step));
    return tics.size() < 2 ? bounds : tics;
}

namespace {
int widest(const Tics& tics) {
    int width = 0;
    for (const auto& [position, label] : tics)
        width = std::max(width, text_width(label) - text_width("''"));
    return width;
}
}  // namespace

Tics value_tics_within(double low, double high, int width) {
    constexpr int between = 16, fewest = 2;
    for (int most = 8;; --most) {
        Tics tics = value_tics(low, high, most);
        if (most == fewest || (widest(tics) + between) * static_cast<int>(tics.size()) <= width)
            return tics;
    }
}

PanelPlace with_room_for(PanelPlace place, const Tics& tics) {
    constexpr int title = 56, tic = 14;  // two lines; a tic and what parts its label from it
    place.margin_left = std::max(place.margin_left, title + widest(tics) + tic);
    return place;
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
    line("unset border\nunset tics\nunset key\nset margins 0,0,0,0");
    range('x', 0, 1);
    range('y', 0, 1);
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
    // Labels, for titles of gnuplot's would have their place moved by the key and by wide tics.
    line(fmt::format("set label 900 {} at screen {:.6f}, screen {:.6f} center font 'Sans,13'",
                     gnuplot_lines(lines_of(title, place.width)),
                     (place.left + 0.5 * place.width) / width, 1 - (place.top + 20) / height));
    // The middle of a title beside the middle of its axis, but within the panel.
    const auto middle_of = [](const std::vector<std::string>& lines, double of_axis, double low,
                              double high) {
        std::size_t longest = 0;
        for (const std::string& one : lines)
            longest = std::max(longest, characters(one).size());
        const double half = 0.5 * pixels_of_title * static_cast<double>(longest);
        return std::clamp(of_axis, low + half, std::max(low + half, high - half));
    };
    if (const auto lines = lines_of(x_title, place.width); !lines.empty()) {
        const double middle =
            middle_of(lines, place.left + place.margin_left + 0.5 * place.axis_width(), place.left,
                      place.left + place.width);
        const double first =
            place.top + place.height - 16 - line_height * (static_cast<double>(lines.size()) - 1);
        line(fmt::format("set label 901 {} at screen {:.6f}, screen {:.6f} center",
                         gnuplot_lines(lines), middle / width, 1 - first / height));
    }
    if (const auto lines = lines_of(y_title, place.height); !lines.empty()) {
        const double middle =
            middle_of(lines, place.top + place.margin_top + 0.5 * place.axis_height(), place.top,
                      place.top + place.height);
        line(fmt::format("set label 902 {} at screen {:.6f}, screen {:.6f} center rotate by 90",
                         gnuplot_lines(lines), (place.left + 18) / width, 1 - middle / height));
    }
    line("set border 3 lc rgb '#606060'\nset tics nomirror out font 'Sans,10'");
    line("set grid back lc rgb '#e0e0e0' lt 1");
    // A mark stands before its words.
    line(
        "set key horizontal center bottom at graph 0.5, graph 1.01 Left reverse font 'Sans,10' "
        "samplen 1.5");
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

void PlotScript::tics(char axis, const Tics& tics, bool turned) {
    std::string list;
    for (const auto& [position, label] : tics) {
        if (!list.empty()) list += ", ";
        for (const char c : label)
            list += c == '%' ? "%%" : std::string(1, c);  // else a format for the position
        list += fmt::format(" {:.10g}", position);
    }
    line(fmt::format("set {}tics {}({})", axis, turned ? "rotate by 35 right " : "", list));
}

void PlotScript::range(char axis, double low, double high) {
    line(fmt::format("set {}range [{:.10g}:{:.10g}]", axis, low, beyond(low, high)));
}

std::string PlotScript::finish() {
    line("unset multiplot");
    line("unset output");
    return std::move(text_);
}

}  // namespace manygpcm::report
