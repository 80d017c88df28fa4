// Points and trend of a number, bars and counts of a choice.
#include "pictures/parameter_panel.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/math/statistics/linear_regression.hpp>
#include <cmath>

#include "figures/number_text.h"
#include "manygpcm/engine/statistics.h"
#include "sections/markdown_text.h"

namespace manygpcm::report {
namespace {

using Rows = std::vector<std::vector<double>>;

std::string category_label(const std::string& category) {
    return elided(category, 18);
}

std::vector<double> scores_of(const PlottedStudy& study, std::size_t parameter) {
    std::vector<double> scores;
    for (const PlottedTrial& trial : study.compared())
        if (trial.has(parameter)) scores.push_back(trial.compared);
    return scores;
}

bool at_foot(const PlottedTrial& trial) {
    return std::isnan(trial.compared) && (trial.state == "failed" || trial.state == "pruned");
}

// Points {x, score} of each quarter, and at the axis' foot of those without a score to compare.
void points(PlotScript& script, const PlottedStudy& study, std::size_t parameter, double foot) {
    for (int quarter = 0; quarter < 4; ++quarter) {
        Rows rows;
        for (const PlottedTrial& trial : study.compared())
            if (trial.quarter == quarter)
                rows.push_back({trial.positions[parameter], trial.compared});
        script.data(fmt::format("quarter{}", quarter), rows);
    }
    Rows failed, stopped;
    for (const PlottedTrial& trial : study.trials)
        if (at_foot(trial))
            (trial.state == "failed" ? failed : stopped)
                .push_back({trial.positions[parameter], foot});
    script.data("failed", failed);
    script.data("stopped", stopped);
}

bool any_at_foot(const PlottedStudy& study, const char* state) {
    return std::ranges::any_of(study.trials, [&](const PlottedTrial& trial) {
        return at_foot(trial) && trial.state == state;
    });
}

// The plots of points(); `x` is what stands for the position.
std::string plots_of_points(const PlottedStudy& study, const std::string& x, bool with_key) {
    const auto marks = [&](const char* name, const char* mark, const char* state,
                           const char* title) {
        return fmt::format(
            ", ${} using {}:2 with points {} {}", name, x, mark,
            with_key && any_at_foot(study, state) ? fmt::format("title '{}'", title) : "notitle");
    };
    return plots_of_quarters(x + ":2", with_key) +
           marks("failed", failed_mark, "failed", "failed") +
           marks("stopped", stopped_mark, "pruned", "stopped early");
}

// Tics of a logarithmic axis: powers of ten, with twice and five times where those are few, or the
// bounds where not even two of them lie within.
Tics log_tics(double low, double high) {
    const std::vector<int> factors = high / low > 30 ? std::vector{1} : std::vector{1, 2, 5};
    Tics tics;
    const auto add = [&](double value) {
        tics.emplace_back(value, fmt::format("'{:.3g}'", value));
    };
    // Of very many powers, a few.
    const double powers = std::log10(high) - std::log10(low);
    const int every = static_cast<int>(std::max(1.0, std::ceil(powers / 12)));
    for (int power = static_cast<int>(std::floor(std::log10(low))); power <= std::log10(high);
         power += every)
        for (const int factor : factors)
            if (const double tic = factor * std::pow(10, power);
                tic >= 0.999 * low && tic <= 1.001 * high)
                add(tic);
    if (tics.size() >= 2) return tics;
    tics.clear();
    add(low);
    if (high > low) add(high);
    return tics;
}

void numeric_axis(PlotScript& script, char axis, const PlottedParameter& parameter, int length) {
    const double pad = 0.03;
    if (parameter.log) {
        const double ratio = std::max(1.01, std::pow(parameter.high / parameter.low, pad));
        script.line(fmt::format("set logscale {}", axis));
        script.tics(axis, log_tics(parameter.low, parameter.high));
        script.range(axis, parameter.low / ratio, parameter.high * ratio);
    } else {
        const double extra = pad * (parameter.high - parameter.low);
        script.range(axis, parameter.low - extra, parameter.high + extra);
        if (parameter.integer && parameter.high - parameter.low <= 12)
            script.line(fmt::format("set {}tics 1", axis));
        else
            script.tics(axis, value_tics_within(parameter.low, parameter.high, length));
    }
}

int widest_category(const PlottedParameter& parameter) {
    int widest = 0;
    for (const std::string& category : parameter.categories)
        widest = std::max(widest, text_width(category_label(category)));
    return widest;
}

// Whether labels have no room side by side along so many pixels.
bool turned(const PlottedParameter& parameter, int length) {
    return widest_category(parameter) * static_cast<int>(parameter.categories.size()) > length;
}

// Where a label or a key in the panel leaves `r`: beside the line's correlation in words.
std::string correlation_text(const PlottedStudy& study, std::size_t index,
                             const std::vector<double>& shown) {
    const PlottedParameter& parameter = study.parameters[index];
    std::string text = "r = " + fixed(parameter.correlation, 2);
    if (parameter.log)
        text += ", of the logarithm " + fixed(pearson(shown, scores_of(study, index)), 2);
    return text;
}

// [compared trial that has it] The parameter as it is along its axis.
std::vector<double> along_axis(const PlottedStudy& study, std::size_t index) {
    const PlottedParameter& parameter = study.parameters[index];
    std::vector<double> shown;
    for (const PlottedTrial& trial : study.compared())
        if (trial.has(index)) {
            const double value = trial.positions[index];
            shown.push_back(parameter.log ? std::log10(value) : value);
        }
    return shown;
}

void numeric_panel(PlotScript& script, const PlottedStudy& study, std::size_t index, ScoreAxis axis,
                   int length, bool with_key) {
    const PlottedParameter& parameter = study.parameters[index];
    const std::vector<double> shown = along_axis(study, index);
    points(script, study, index, axis.foot);
    script.range('y', axis.low, axis.high);
    numeric_axis(script, 'x', parameter, length);
    std::string line = "-1e30";
    if (!std::isnan(parameter.correlation)) {
        const std::vector<double> scores = scores_of(study, index);
        const auto [intercept, slope] =
            boost::math::statistics::simple_ordinary_least_squares(shown, scores);
        if (std::isfinite(slope) && std::isfinite(intercept))
            line = fmt::format("{:.10g}*{} + {:.10g}", slope, parameter.log ? "log10(x)" : "x",
                               intercept);
        if (!with_key)  // which has the place of this
            script.line(fmt::format("set label {} at graph 1, graph 1.03 right font 'Sans,10'",
                                    gnuplot_string(correlation_text(study, index, shown))));
    }
    script.line(fmt::format("plot {} with lines lw 2 dt 2 lc rgb '#606060' notitle", line) +
                plots_of_points(study, "1", with_key));
}

// Bars begin at 0, so that their lengths compare. Where 0 is so far that all would look alike,
// lines stand for them.
bool bars_fit(const std::vector<double>& scores) {
    if (scores.empty()) return true;
    const auto [low, high] = std::ranges::minmax(scores);
    return low * high <= 0 || std::min(std::abs(low), std::abs(high)) <= 4 * (high - low) ||
           high == low;
}

void categorical_panel(PlotScript& script, const PlottedStudy& study, std::size_t index,
                       ScoreAxis axis, bool bars, int length, bool with_key) {
    const PlottedParameter& parameter = study.parameters[index];
    const std::size_t n = parameter.categories.size();
    std::vector<double> sums(n), counts(n);
    for (const PlottedTrial& trial : study.compared()) {
        if (!trial.has(index)) continue;
        const auto category = static_cast<std::size_t>(trial.positions[index]);
        sums[category] += trial.compared;
        ++counts[category];
    }
    Rows means;
    for (std::size_t i = 0; i < n; ++i) {
        if (counts[i] > 0) means.push_back({static_cast<double>(i), sums[i] / counts[i]});
        script.line(fmt::format("set label '{}{:.0f}' at {}, graph 0.96 center font 'Sans,10'",
                                n > 8 ? "" : "n = ", counts[i], i));
    }
    script.data("means", means);
    points(script, study, index, axis.foot);
    parameter_axis(script, 'x', parameter, length);
    script.range('y', axis.low, axis.high + (axis.high - axis.low) / 8);  // room for the counts
    script.line("set boxwidth 0.7\nset style fill solid 0.25 border lc rgb '#808080'");
    // Points of a category stand side by side, by a shift that the trial's place in the data fixes.
    script.line("spread(i) = 0.5 * (i * 0.618034 - floor(i * 0.618034) - 0.5)");
    script.line(
        (bars ? fmt::format("plot $means using 1:2 with boxes lc rgb {} notitle", colour::grey)
              : fmt::format("plot $means using ($1-0.35):2:(0.7):(0) with vectors nohead lw 3 "
                            "lc rgb {} notitle",
                            colour::grey)) +
        plots_of_points(study, "($1 + spread($0))", with_key));
}

}  // namespace

std::string plots_of_quarters(const std::string& columns, bool with_key) {
    std::string plots;
    if (with_key)  // best first, where the best are drawn last
        for (int quarter = 0; quarter < 4; ++quarter)
            plots += fmt::format(", -1e30 with points {} title '{}'", quarter_marks[quarter],
                                 quarter_names[quarter]);
    for (int quarter = 3; quarter >= 0; --quarter)
        plots += fmt::format(", $quarter{} using {} with points {} notitle", quarter, columns,
                             quarter_marks[quarter]);
    return plots;
}

std::string axis_title(const PlottedParameter& parameter) {
    return one_line(parameter.name) + (parameter.log ? " (logarithmic)" : "");
}

void parameter_axis(PlotScript& script, char axis, const PlottedParameter& parameter, int length) {
    if (!parameter.categorical()) return numeric_axis(script, axis, parameter, length);
    Tics tics;
    for (const std::string& category : parameter.categories)
        tics.emplace_back(static_cast<double>(tics.size()),
                          gnuplot_string(category_label(category)));
    script.range(axis, -0.6, static_cast<double>(tics.size()) - 0.4);
    script.tics(axis, tics, axis == 'x' && turned(parameter, length));
}

void parameter_panel(PlotScript& script, PanelPlace place, const PlottedStudy& study,
                     std::size_t parameter, const std::string& title, bool with_key) {
    const PlottedParameter& shown = study.parameters[parameter];
    const std::vector<double> scores = scores_of(study, parameter);
    const bool bars = bars_fit(scores);
    std::vector<double> seen = scores;
    if (shown.categorical() && bars) seen.push_back(0);
    const ScoreAxis axis = score_axis(seen, std::ranges::any_of(study.trials, at_foot));
    const Tics tics = value_tics(axis.low, axis.high);
    place = with_room_for(place, tics);
    const int length = place.axis_width();
    std::string y_title = study.compared_title, x_title = axis_title(shown);
    if (shown.categorical()) {
        y_title.insert(study.score.size(), bars ? "; bars: means" : "; lines: means");
        if (turned(shown, length)) place.margin_bottom += widest_category(shown) / 2;
    } else if (with_key && !std::isnan(shown.correlation)) {
        x_title += '\n' + correlation_text(study, parameter, along_axis(study, parameter));
    }
    script.panel(place, title, x_title, y_title);
    script.tics('y', tics);
    if (scores.empty()) {
        script.line("set label 'no trial has a score to compare' at graph 0.5, graph 0.5 center");
        script.line("set format y ''");
    }
    if (shown.categorical())
        categorical_panel(script, study, parameter, axis, bars, length, with_key);
    else
        numeric_panel(script, study, parameter, axis, length, with_key);
}

}  // namespace manygpcm::report
