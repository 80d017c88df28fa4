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
    script.range('y', 0.4, n + 0.6);
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
    /// Of a place between the bounds: lower bounds aren't all one point.
    static double radius(double fraction) { return 0.2 + 0.8 * fraction; }
    std::vector<double> point(std::size_t i, double radius) const {
        return {radius * std::sin(angle(i)), radius * std::cos(angle(i))};
    }

  private:
    std::size_t n_;
};

// The most important of what was searched at the best point: the rest has no place between bounds.
std::vector<std::size_t> searched_at_best(const PlottedStudy& study) {
    const PlottedTrial best = *study.best();
    for (std::size_t most = most_spokes;; ++most) {
        std::vector<std::size_t> shown = study.most_important(most);
        std::erase_if(shown, [&](std::size_t i) { return !best.has(i); });
        if (shown.size() >= most_spokes || most >= study.parameters.size()) return shown;
    }
}

// A second line of the radar's title: what has no spoke.
std::string not_searched_at_best(const PlottedStudy& study) {
    const PlottedTrial best = *study.best();
    std::vector<std::string> names;
    for (std::size_t i = 0; i < study.parameters.size(); ++i)
        if (!best.has(i)) names.push_back(one_line(study.parameters[i].name));
    return names.empty() ? "" : fmt::format("\nnot searched there: {}", fmt::join(names, ", "));
}

}  // namespace

bool sees_importance(const PlottedStudy& /*study*/, const json& analysis) {
    return !analysis.at("parameter_importance").empty();
}

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
    script.range('x', 0, std::min(100.0, 1.05 * largest));
    bars(script, list);
}

bool sees_correlations(const PlottedStudy& /*study*/, const json& analysis) {
    return !analysis.at("parameter_correlations").empty();
}

void correlations_panel(PlotScript& script, const PanelPlace& place, const PlottedStudy& study,
                        const json& analysis) {
    std::vector<Bar> list;
    std::vector<std::pair<double, double>> chances;  // where, what |r| stays within
    const json& all = analysis.at("parameter_correlations");
    for (const json& entry : all) {
        if (list.size() == most_bars) break;
        std::string name = one_line(entry.at("name").get<std::string>());
        if (const json& word = entry.at("coded_as_one"); word.is_string())
            name += ": " + one_line(word.get<std::string>());
        list.push_back(bar_of(name, entry.at("pearson"), 1));
        const double y = 1 - static_cast<double>(list.size());  // below the first, see bars()
        chances.emplace_back(y, entry.at("by_chance").get<double>());
    }
    script.panel(with_labels(place, labels_of(list)),
                 "Correlation with the score" + of_how_many(list.size(), all.size()),
                 "Pearson's r; dashed: chance stays within (95%)" + of_scores(study), "");
    script.range('x', -1, 1);
    // Each parameter's own: it may have been searched in few trials.
    for (const auto& [below_first, chance] : chances)
        for (const double x : {-chance, chance}) {
            const double y = static_cast<double>(list.size()) + below_first;
            script.line(
                fmt::format("set arrow from {0:.10g}, {1:.10g} to {0:.10g}, {2:.10g} nohead dt 2 "
                            "lw 1.5 lc rgb {3} front",
                            x, y - 0.5, y + 0.5, colour::black));
        }
    script.line("set arrow from 0, graph 0 to 0, graph 1 nohead lc rgb '#606060' front");
    bars(script, list);
}

bool sees_radar(const PlottedStudy& study, const json& /*analysis*/) {
    return study.best() != nullptr && searched_at_best(study).size() > 2;
}

void radar_panel(PlotScript& script, const PanelPlace& place, const PlottedStudy& study,
                 const json& analysis) {
    PanelPlace sheet = place;
    sheet.margin_left = sheet.margin_right = 10;
    sheet.margin_bottom = 36;
    script.panel(
        sheet, "Best parameters within their bounds",
        "Inner ring: lower bound or first choice, rim: upper or last" + not_searched_at_best(study),
        "");
    const PlottedTrial* best = study.best();
    const std::vector<std::size_t> shown = searched_at_best(study);
    const std::size_t n = shown.size();
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
    script.range('x', -half_width, half_width);
    script.range('y', -half_height, half_height);
    script.line("unset border\nunset tics\nunset grid");

    Rows rings, winner, quarter;
    for (const double fraction : {0.0, 0.5, 1.0}) {
        for (std::size_t i = 0; i <= n; ++i)
            rings.push_back(radar.point(i % n, Radar::radius(fraction)));
        rings.push_back({NAN, NAN});
    }
    for (std::size_t i = 0; i <= n; ++i) {
        const std::size_t index = shown[i % n];
        const PlottedParameter& parameter = study.parameters[index];
        rings.push_back(radar.point(i % n, Radar::radius(0)));
        rings.push_back(radar.point(i % n, 1));
        rings.push_back({NAN, NAN});
        const double where = parameter.fraction(best->positions[index]);
        winner.push_back(radar.point(i % n, Radar::radius(where)));
        // A gap where none of these trials searched it.
        quarter.push_back(radar.point(i % n, Radar::radius(study.best_quarter_fraction(index))));
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

namespace {
// Position among the parameters of the one that is so far down by importance.
std::size_t by_importance(const PlottedStudy& study, std::size_t rank) {
    return static_cast<std::size_t>(
        std::ranges::find(study.parameters, study.by_importance[rank], &PlottedParameter::name) -
        study.parameters.begin());
}

// Whether the interval of the first lies above all others'.
bool surely_first(const json& importances) {
    const json& low = importances.at(0).at("fanova").at("low");
    return low.is_number() &&
           std::all_of(importances.begin() + 1, importances.end(), [&](const json& other) {
               const json& high = other.at("fanova").at("high");
               return high.is_number() && high < low;
           });
}
}  // namespace

bool sees_most_important(const PlottedStudy& study, const json& /*analysis*/) {
    return !study.by_importance.empty();
}

void most_important_panel(PlotScript& script, const PanelPlace& place, const PlottedStudy& study,
                          const json& analysis) {
    parameter_panel(
        script, place, study, by_importance(study, 0),
        (surely_first(analysis.at("parameter_importance")) ? "The most important parameter: "
                                                           : "First by importance, not surely: ") +
            one_line(study.by_importance.front()),
        true);
}

bool sees_rank(const PlottedStudy& study, const json& /*analysis*/) {
    return study.by_importance.size() > 1;
}

void rank_panel(PlotScript& script, const PanelPlace& place, const PlottedStudy& study,
                const json& /*analysis*/) {
    const std::size_t across = by_importance(study, 0), up = by_importance(study, 1);
    const PlottedParameter &x = study.parameters[across], &y = study.parameters[up];
    PanelPlace sheet = place;
    if (y.categorical()) sheet.margin_left = with_labels(place, y.categories).margin_left + 28;
    script.panel(sheet, "The first two parameters by importance", axis_title(x), axis_title(y));
    for (int quarter = 0; quarter < 4; ++quarter) {
        Rows rows;
        for (const PlottedTrial& trial : study.compared())
            if (trial.quarter == quarter)
                rows.push_back({trial.positions[across], trial.positions[up]});
        script.data(fmt::format("quarter{}", quarter), rows);
    }
    parameter_axis(script, 'x', x, sheet.axis_width());
    parameter_axis(script, 'y', y, sheet.axis_height());
    // Trials of the same categories stand beside each other.
    script.line("spread(i, s) = 0.5 * (i * s - floor(i * s) - 0.5)");
    script.line("plot -1e30 notitle" +
                plots_of_quarters(fmt::format("($1 + {}):($2 + {})",
                                              x.categorical() ? "spread($0, 0.618034)" : "0",
                                              y.categorical() ? "spread($0, 0.754878)" : "0"),
                                  true));
}

}  // namespace manygpcm::report
