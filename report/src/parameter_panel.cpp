// Points and trend of a number, bars and counts of a choice.
#include "parameter_panel.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

namespace manygpcm {
namespace {

using Rows = std::vector<std::vector<double>>;

/// Least squares of y on x, and Pearson's r; none where x or y doesn't vary.
struct Trend {
    double slope = 0, intercept = 0, r = 0;
};
std::optional<Trend> trend(const std::vector<double>& x, const std::vector<double>& y) {
    const auto n = static_cast<double>(x.size());
    double mean_x = 0, mean_y = 0, xx = 0, yy = 0, xy = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
        mean_x += x[i] / n;
        mean_y += y[i] / n;
    }
    for (std::size_t i = 0; i < x.size(); ++i) {
        xx += (x[i] - mean_x) * (x[i] - mean_x);
        yy += (y[i] - mean_y) * (y[i] - mean_y);
        xy += (x[i] - mean_x) * (y[i] - mean_y);
    }
    if (x.size() < 3 || xx <= 0 || yy <= 0) return std::nullopt;
    const double slope = xy / xx;
    return Trend{slope, mean_y - slope * mean_x, xy / std::sqrt(xx * yy)};
}

std::vector<double> scores_of(const PlottedStudy& study, std::size_t parameter) {
    std::vector<double> scores;
    for (const PlottedTrial& trial : study.compared())
        if (trial.has(parameter)) scores.push_back(trial.compared);
    return scores;
}

// Points {x, score} of each quarter, and at the axis' foot of those without a
// score to compare.
void points(PlotScript& script, const PlottedStudy& study, std::size_t parameter, double foot) {
    for (int quarter = 0; quarter < 4; ++quarter) {
        Rows rows;
        for (const PlottedTrial& trial : study.compared())
            if (trial.quarter == quarter)
                rows.push_back({trial.positions[parameter], trial.compared});
        script.data(fmt::format("quarter{}", quarter), rows);
    }
    Rows failed, stopped;
    for (const PlottedTrial& trial : study.trials) {
        if (!std::isnan(trial.compared)) continue;
        if (trial.state == "failed") failed.push_back({trial.positions[parameter], foot});
        if (trial.state == "pruned") stopped.push_back({trial.positions[parameter], foot});
    }
    script.data("failed", failed);
    script.data("stopped", stopped);
}

// The plots of points(), worst quarter first; `x` is what stands for the position.
std::string plots_of_points(const char* x) {
    std::string plots;
    for (int quarter = 3; quarter >= 0; --quarter)
        plots += fmt::format(", $quarter{} using {}:2 with points {} notitle", quarter, x,
                             quarter_marks[quarter]);
    return plots + fmt::format(
                       ", $failed using {0}:2 with points {1} notitle, "
                       "$stopped using {0}:2 with points {2} notitle",
                       x, failed_mark, stopped_mark);
}

void numeric_panel(PlotScript& script, const PlottedStudy& study, std::size_t index) {
    const PlottedParameter& parameter = study.parameters[index];
    std::vector<double> raw, shown;
    for (const PlottedTrial& trial : study.compared())
        if (trial.has(index)) {
            raw.push_back(trial.positions[index]);
            shown.push_back(parameter.log ? std::log10(raw.back()) : raw.back());
        }
    const std::vector<double> scores = scores_of(study, index);
    const auto [low, high] = padded_range(scores);
    points(script, study, index, low);
    script.y_range(low, high);
    const double pad = 0.03;
    if (parameter.log) {
        const double ratio = std::pow(parameter.high / parameter.low, pad);
        script.line("set logscale x\nset format x '%g'");
        script.x_range(parameter.low / ratio, parameter.high * ratio);
    } else {
        const double extra = pad * (parameter.high - parameter.low);
        script.x_range(parameter.low - extra, parameter.high + extra);
    }
    std::string line = "-1e30";
    if (const auto fit = trend(shown, scores)) {
        line = fmt::format("{:.10g}*{} + {:.10g}", fit->slope, parameter.log ? "log10(x)" : "x",
                           fit->intercept);
        std::string label = fmt::format("r = {:.2f}", trend(raw, scores)->r);
        if (parameter.log) label += fmt::format(", of the logarithm {:.2f}", fit->r);
        script.line(fmt::format("set label {} at graph 1, graph 1.03 right font 'Sans,10'",
                                gnuplot_string(label)));
    }
    script.line(fmt::format("plot {} with lines lw 2 dt 2 lc rgb '#606060' notitle", line) +
                plots_of_points("1"));
}

void categorical_panel(PlotScript& script, const PanelPlace& place, const PlottedStudy& study,
                       std::size_t index) {
    const PlottedParameter& parameter = study.parameters[index];
    const std::size_t n = parameter.categories.size();
    std::vector<double> sums(n), counts(n);
    for (const PlottedTrial& trial : study.compared()) {
        if (!trial.has(index)) continue;
        const auto category = static_cast<std::size_t>(trial.positions[index]);
        sums[category] += trial.compared;
        ++counts[category];
    }
    // Bars begin at 0, so that their lengths compare; counts stand in the room above.
    std::vector<double> scores = scores_of(study, index);
    scores.push_back(0);
    const auto [low, high] = std::ranges::minmax(scores);
    const double room = (high > low ? high - low : 1) / 6;
    Rows bars;
    std::vector<std::pair<double, std::string>> tics;
    for (std::size_t i = 0; i < n; ++i) {
        const auto x = static_cast<double>(i);
        if (counts[i] > 0) bars.push_back({x, sums[i] / counts[i]});
        tics.emplace_back(x, parameter.categories[i]);
        script.line(fmt::format("set label 'n = {:.0f}' at {}, graph 0.96 center font 'Sans,10'",
                                counts[i], i));
    }
    script.data("bars", bars);
    points(script, study, index, low < 0 ? low - room / 2 : 0);
    script.tics('x', tics, place.axis_width());
    script.x_range(-0.6, static_cast<double>(n) - 0.4);
    script.y_range(low < 0 ? low - room : 0, high + room);
    script.line("set boxwidth 0.7\nset style fill solid 0.25 border lc rgb '#808080'");
    // Points of a category stand side by side, by a shift that the trial's place in the data fixes.
    script.line("spread(i) = 0.5 * (i * 0.618034 - floor(i * 0.618034) - 0.5)");
    script.line(fmt::format("plot $bars using 1:2 with boxes lc rgb {} notitle", colour::grey) +
                plots_of_points("($1 + spread($0))"));
}

}  // namespace

void parameter_panel(PlotScript& script, const PanelPlace& place, const PlottedStudy& study,
                     std::size_t parameter, const std::string& title) {
    const PlottedParameter& shown = study.parameters[parameter];
    std::string score = shown.categorical() ? study.mean_score_title : study.score_title;
    if (!study.all_alike) score += fmt::format(" after epoch {}", study.compared_epochs);
    script.panel(place, title, shown.name + (shown.log ? " (logarithmic)" : ""), score);
    if (shown.categorical())
        categorical_panel(script, place, study, parameter);
    else
        numeric_panel(script, study, parameter);
}

}  // namespace manygpcm
