// The panels of parameters: what they do to the score, and the best.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <optional>

#include "pictures/overview_panels.h"
#include "pictures/parameter_panel.h"
#include "sections/markdown_text.h"

namespace manygpcm::report {
namespace {

using nlohmann::json;
using Rows = std::vector<std::vector<double>>;

constexpr std::size_t most_bars = 30, most_spokes = 24;

constexpr const char* too_few = "takes four comparable trials with different scores";

/// Room on the left for the widest of the labels.
PanelPlace with_labels(PanelPlace place, const std::vector<std::string>& labels) {
    int widest = 0;
    for (const std::string& label : labels)
        widest = std::max(widest, text_width(label));
    place.margin_left = 30 + widest;
    return place;
}

// A name in lines of which `n` have room one below another.
std::vector<std::string> bar_label(const std::string& name, std::size_t n) {
    if (n > 10) return {elided(name, 42)};
    return wrapped(elided(name, 56), 28);
}

/// A bar a parameter, the first at the top: value, and an interval where there is one.
struct Bar {
    std::string label;
    double value = 0;
    std::optional<std::pair<double, double>> interval;
};

// Draws bars into the panel that was begun.
void bars(PlotScript& script, const std::vector<Bar>& list) {
    Rows positive, negative, intervals;
    std::vector<std::pair<double, std::string>> tics;
    const auto n = static_cast<double>(list.size());
    for (std::size_t i = 0; i < list.size(); ++i) {
        const double y = n - static_cast<double>(i);
        (list[i].value < 0 ? negative : positive)
            .push_back({0, y, std::min(0.0, list[i].value), std::max(0.0, list[i].value), y - 0.36,
                        y + 0.36});
        if (list[i].interval)
            intervals.push_back(
                {list[i].value, y, list[i].interval->first, list[i].interval->second});
        tics.emplace_back(y, gnuplot_lines(bar_label(list[i].label, list.size())));
    }
    script.data("positive", positive);
    script.data("negative", negative);
    script.data("intervals", intervals);
    script.tics('y', tics);
    script.y_range(0.4, n + 0.6);
    script.line("set style fill solid 0.8 noborder");
    script.line(
        fmt::format("plot $positive using 1:2:3:4:5:6 with boxxyerror lc rgb {} notitle, "
                    "$negative using 1:2:3:4:5:6 with boxxyerror lc rgb {} notitle, "
                    "$intervals using 1:2:3:4 with xerrorbars pt 0 lw 1.5 lc rgb {} notitle",
                    colour::blue, colour::orange, colour::black));
}

// A bar from an estimate of the analysis, in `unit`s.
Bar bar_of(const std::string& label, const json& estimate, double unit) {
    Bar bar{label, estimate.at("value").get<double>() / unit, std::nullopt};
    if (!estimate.at("low").is_null())
        bar.interval = {estimate.at("low").get<double>() / unit,
                        estimate.at("high").get<double>() / unit};
    return bar;
}

std::vector<std::string> labels_of(const std::vector<Bar>& list) {
    std::vector<std::string> labels;
    for (const Bar& bar : list)
        for (std::string& line : bar_label(bar.label, list.size()))
            labels.push_back(std::move(line));
    return labels;
}

// Behind a title whose bars aren't all.
std::string of_how_many(std::size_t shown, std::size_t all) {
    return shown < all ? fmt::format(": the first {} of {}", shown, all) : "";
}

// To which scores importances and correlations refer: a second line of their axis' title.
std::string of_scores(const PlottedStudy& study) {
    return study.compared_at.empty() ? "" : fmt::format("\nof the score, {}", study.compared_at);
}

// Polar coordinates on axes that are Cartesian: the first parameter's spoke points up, the others
// follow clockwise.
class Radar {
  public:
    explicit Radar(std::size_t n) : n_(n) {}
    double angle(std::size_t i) const {
        return 2 * std::numbers::pi * static_cast<double>(i) / static_cast<double>(n_);
    }
    std::vector<double> point(std::size_t i, double radius) const {
        return {radius * std::sin(angle(i)), radius * std::cos(angle(i))};
    }

  private:
    std::size_t n_;
};

}  // namespace

void importance_panel(PlotScript& script, const PanelPlace& place, const PlottedStudy& study,
                      const json& analysis) {
    std::vector<Bar> list;
    double largest = 0;
    const json& all = analysis.at("parameter_importance");
    for (const json& entry : all) {
        if (list.size() == most_bars) break;
        list.push_back(
            bar_of(one_line(entry.at("name").get<std::string>()), entry.at("fanova"), 0.01));
        largest = std::max(
            {largest, list.back().value, list.back().interval ? list.back().interval->second : 0});
    }
    script.panel(with_labels(place, labels_of(list)),
                 "Importance of the parameters (fANOVA)" + of_how_many(list.size(), all.size()),
                 "Variance explained (%), with 95% intervals" + of_scores(study), "");
    if (list.empty()) return script.empty(too_few);
    script.x_range(0, 1.05 * largest);
    bars(script, list);
}

void correlations_panel(PlotScript& script, const PanelPlace& place, const PlottedStudy& study,
                        const json& analysis) {
    std::vector<Bar> list;
    const json& all = analysis.at("parameter_correlations");
    for (const json& entry : all) {
        if (list.size() == most_bars) break;
        list.push_back(
            bar_of(one_line(entry.at("name").get<std::string>()), entry.at("pearson"), 1));
    }
    script.panel(with_labels(place, labels_of(list)),
                 "Correlation with the score" + of_how_many(list.size(), all.size()),
                 "Pearson's r; dashed: chance stays within (95%)" + of_scores(study), "");
    if (list.empty()) return script.empty(too_few);
    script.x_range(-1, 1);
    const double chance = analysis.at("chance_correlation");
    for (const double x : {-chance, chance})
        script.line(
            fmt::format("set arrow from {0:.10g}, graph 0 to {0:.10g}, graph 1 nohead dt 2 "
                        "lw 1.5 lc rgb {1} front",
                        x, colour::black));
    script.line("set arrow from 0, graph 0 to 0, graph 1 nohead lc rgb '#606060' front");
    bars(script, list);
}

void radar_panel(PlotScript& script, const PanelPlace& place, const PlottedStudy& study,
                 const json& analysis) {
    PanelPlace sheet = place;
    sheet.margin_left = sheet.margin_right = 10;
    sheet.margin_bottom = 36;
    script.panel(sheet, "Best parameters within their bounds",
                 "Centre: lower bound or first choice, rim: upper or last", "");
    const PlottedTrial* best = study.best();
    if (best == nullptr) return script.empty(study.none_trained());
    const std::vector<std::size_t> shown = study.most_important(most_spokes);
    const std::size_t n = shown.size();
    if (n == 0) return script.empty("no parameter was searched");
    const Radar radar(n);
    // Names and values in lines. Those take room beyond the radius of 1, the more the longer they
    // are.
    const json& values = analysis.at("best").at("parameters");
    std::vector<std::vector<std::string>> labels;
    std::size_t most_lines = 0;
    for (const std::size_t i : shown) {
        const PlottedParameter& parameter = study.parameters[i];
        const std::string name = one_line(parameter.name);
        labels.push_back(n > 8 ? std::vector{elided(name, 20)} : wrapped(elided(name, 48), 18));
        labels.back().push_back(elided(value_label(values.at(parameter.name)), 20));
        most_lines = std::max(most_lines, labels.back().size());
    }
    const bool crowded = most_lines > 2;
    const double half_height = crowded ? 1 / 0.62 : 1 / 0.74;
    const double line = 2 * half_height * (crowded ? 12.5 : 14) / sheet.axis_height();
    const double half_width = half_height * sheet.axis_width() / sheet.axis_height();
    script.x_range(-half_width, half_width);
    script.y_range(-half_height, half_height);
    script.line("unset border\nunset tics\nunset grid");

    Rows rings, winner, quarter;
    for (const double ring : {0.25, 0.5, 0.75, 1.0}) {
        for (std::size_t i = 0; i <= n; ++i)
            rings.push_back(radar.point(i % n, ring));
        rings.push_back({NAN, NAN});
    }
    for (std::size_t i = 0; i <= n; ++i) {
        const std::size_t index = shown[i % n];
        const PlottedParameter& parameter = study.parameters[index];
        rings.push_back({0, 0});
        rings.push_back(radar.point(i % n, 1));
        rings.push_back({NAN, NAN});
        const double where = parameter.fraction(best->positions[index]);
        winner.push_back(radar.point(i % n, std::isnan(where) ? 0 : where));
        const double mean = study.best_quarter_fraction(index);
        quarter.push_back(radar.point(i % n, std::isnan(mean) ? 0 : mean));
        if (i == n) break;
        const auto at = radar.point(i, 1.08);
        const char* side = at[0] > 0.1 ? "left" : at[0] < -0.1 ? "right" : "center";
        // The first line is placed: across the spoke's end at the sides, above or below it where it
        // points up or down.
        const double up = (1 + at[1]) / 2;
        const double lift = up * (line / 3 + line * static_cast<double>(labels[i].size() - 1));
        script.line(fmt::format("set label {} at {:.6f}, {:.6f} {} font 'Sans,{}'",
                                gnuplot_lines(labels[i]), at[0], at[1] + lift, side,
                                crowded ? 8 : 9));
    }
    script.data("rings", rings);
    script.data("winner", winner);
    script.data("quarter", quarter);
    script.line("set style fill transparent solid 0.25");
    script.line(
        fmt::format("plot $rings using 1:2 with lines lc rgb '#c8c8c8' notitle, "
                    "$winner using 1:2 with filledcurves closed lc rgb {0} notitle, "
                    "$winner using 1:2 with linespoints lw 2 pt 7 lc rgb {0} title 'best trial', "
                    "$quarter using 1:2 with linespoints lw 1.5 dt 2 pt 4 lc rgb {1} "
                    "title 'mean of the best quarter'",
                    colour::blue, colour::vermillion));
}

void most_important_panel(PlotScript& script, const PanelPlace& place, const PlottedStudy& study,
                          const json& analysis) {
    const json& ranked = analysis.at("parameter_importance");
    if (ranked.empty()) {
        script.panel(place, "The most important parameter", "", "");
        return script.empty(too_few);
    }
    const std::string name = ranked.at(0).at("name");
    const auto found = std::ranges::find(study.parameters, name, &PlottedParameter::name);
    parameter_panel(script, place, study,
                    static_cast<std::size_t>(found - study.parameters.begin()),
                    "The most important parameter");
}

}  // namespace manygpcm::report
