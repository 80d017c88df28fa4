// The picture of the whole study: nine panels.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <optional>
#include <tuple>

#include "parameter_panel.h"
#include "plots.h"

namespace manygpcm {
namespace {

using nlohmann::json;
using Rows = std::vector<std::vector<double>>;

constexpr int width = 1800, header = 50, panel_width = 600, panel_height = 510;

PanelPlace place(int row, int column) {
    return {.left = column * panel_width,
            .top = header + row * panel_height,
            .width = panel_width,
            .height = panel_height,
            .margin_bottom = 84};
}

/// Room on the left for the widest of the labels.
PanelPlace with_labels(PanelPlace place, const std::vector<std::string>& labels) {
    int widest = 0;
    for (const std::string& label : labels)
        widest = std::max(widest, text_width(label));
    place.margin_left = 30 + widest;
    return place;
}

std::vector<double> scores_of(const PlottedStudy& study) {
    std::vector<double> scores;
    for (const PlottedTrial& trial : study.successful())
        scores.push_back(trial.score);
    return scores;
}

constexpr const char* none_trained = "no trial was trained fully";

// The largest number of a trial: more than there are trials where some were left out.
double last_number(const PlottedStudy& study) {
    double last = 1;
    for (const PlottedTrial& trial : study.trials)
        last = std::max(last, static_cast<double>(trial.number));
    return last;
}

// The axis of the trials' numbers.
void trial_axis(PlotScript& script, const PlottedStudy& study) {
    const double last = last_number(study);
    script.x_range(0.4, last + 0.6);
    if (last <= 12) script.line("set xtics 1,1");
}

void convergence(PlotScript& script, const PlottedStudy& study) {
    script.panel(place(0, 0), "Convergence", "Trial", study.full_title);
    const std::vector<double> scores = scores_of(study);
    const bool any_at_foot = std::ranges::any_of(study.trials, [](const PlottedTrial& trial) {
        return trial.state == "failed" || trial.state == "pruned";
    });
    const ScoreAxis axis = score_axis(scores, any_at_foot);
    Rows trials, best, failed, stopped;
    std::optional<double> running;
    for (const PlottedTrial& trial : study.trials) {
        const double number = trial.number;
        if (trial.successful) {
            trials.push_back({number, trial.score});
            running = std::max(running.value_or(trial.score), trial.score);
        }
        if (trial.state == "failed") failed.push_back({number, axis.foot});
        if (trial.state == "pruned") stopped.push_back({number, axis.foot});
        if (running) best.push_back({number, *running});
    }
    script.data("trials", trials);
    script.data("best", best);
    script.data("failed", failed);
    script.data("stopped", stopped);
    trial_axis(script, study);
    script.y_range(axis.low, axis.high);
    std::string plots = "plot -1e30 notitle";  // then what is there, so that the key names no more
    if (scores.empty())
        script.line(fmt::format("set label {} at graph 0.5, graph 0.5 center\nset format y ''",
                                gnuplot_string(none_trained)));
    else
        plots += fmt::format(
            ", $best using 1:2 with steps lw 2.5 lc rgb {} title 'best so far', "
            "$trials using 1:2 with points pt 7 ps 1 lc rgb {} title 'trained fully'",
            colour::vermillion, colour::blue);
    if (!failed.empty())
        plots += fmt::format(", $failed using 1:2 with points {} title 'failed'", failed_mark);
    if (!stopped.empty())
        plots +=
            fmt::format(", $stopped using 1:2 with points {} title 'stopped early'", stopped_mark);
    script.line(plots);
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

// To which scores importances and correlations refer: a second line of their axis' title.
std::string of_scores(const PlottedStudy& study) {
    return study.compared_at.empty() ? "" : fmt::format("\nof the score, {}", study.compared_at);
}

void importance(PlotScript& script, const PlottedStudy& study, const json& analysis) {
    std::vector<Bar> list;
    double largest = 0;
    for (const json& entry : analysis.at("parameter_importance")) {
        list.push_back(bar_of(entry.at("name"), entry.at("fanova"), 0.01));
        largest = std::max(
            {largest, list.back().value, list.back().interval ? list.back().interval->second : 0});
    }
    script.panel(with_labels(place(0, 1), labels_of(list)), "Importance of the parameters (fANOVA)",
                 "Variance explained (%), with 95% intervals" + of_scores(study), "");
    if (list.empty()) return script.empty("takes four comparable trials with different scores");
    script.x_range(0, 1.05 * largest);
    bars(script, list);
}

void distribution(PlotScript& script, const PlottedStudy& study, const json& analysis) {
    script.panel(place(0, 2), "Distribution of the scores", study.full_title, "Number of trials");
    const std::vector<double> scores = scores_of(study);
    if (scores.empty()) return script.empty(none_trained);
    // Bins between the lowest and the highest score, or around the only one.
    auto [low, high] = std::ranges::minmax(scores);
    if (low == high) std::tie(low, high) = padded_range(scores);
    const int n_bins =
        std::max(5, static_cast<int>(std::ceil(std::sqrt(static_cast<double>(scores.size())))));
    const double bin = (high - low) / n_bins;
    std::vector<int> counts(static_cast<std::size_t>(n_bins));
    for (const double score : scores)
        ++counts[static_cast<std::size_t>(
            std::min(static_cast<int>((score - low) / bin), n_bins - 1))];
    Rows rows;
    for (int i = 0; i < n_bins; ++i)
        rows.push_back({low + (i + 0.5) * bin, static_cast<double>(counts[i])});
    const double mean = analysis.at("summary").at("mean_score");
    script.data("bins", rows);
    const double top = 1.1 * std::ranges::max(counts);
    script.data("mean", {{mean, 0}, {mean, top}});
    script.data("best", {{std::ranges::max(scores), 0}, {std::ranges::max(scores), top}});
    script.x_range(low - bin / 2, high + bin / 2);
    script.y_range(0, top);
    if (top < 10) script.line("set ytics 1");
    script.line(fmt::format("set boxwidth {:.10g}", bin));
    script.line("set style fill solid 0.6 border lc rgb '#ffffff'");
    script.line(fmt::format(
        "plot $bins using 1:2 with boxes lc rgb {} notitle, "
        "$mean using 1:2 with lines lw 2 dt 2 lc rgb {} title 'mean {:.4f}', "
        "$best using 1:2 with lines lw 2 lc rgb {} title 'best {:.4f}'",
        colour::sky, colour::black, mean, colour::vermillion, std::ranges::max(scores)));
}

void correlations(PlotScript& script, const PlottedStudy& study, const json& analysis) {
    std::vector<Bar> list;
    for (const json& entry : analysis.at("parameter_correlations"))
        list.push_back(bar_of(entry.at("name"), entry.at("pearson"), 1));
    script.panel(with_labels(place(1, 0), labels_of(list)), "Correlation with the score",
                 "Pearson's r; dashed: chance stays within (95%)" + of_scores(study), "");
    // Of two trials every correlation is 1 or -1.
    if (list.empty() || analysis.at("comparable").at("trials") < 3)
        return script.empty("takes three comparable trials with different scores");
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

/// The unit in which so many seconds read best.
std::pair<double, const char*> time_unit(double seconds) {
    if (seconds >= 3 * 3600) return {3600, "h"};
    return seconds >= 180 ? std::pair{60.0, "min"} : std::pair{1.0, "s"};
}

double longest_trial(const PlottedStudy& study) {
    double longest = 0;
    for (const PlottedTrial& trial : study.trials)
        longest = std::max(longest, trial.seconds);
    return longest;
}

void timeline(PlotScript& script, const PlottedStudy& study, const json& analysis) {
    const auto [unit, name] = time_unit(longest_trial(study));
    const double total = analysis.at("summary").at("trial_seconds");
    const auto [total_unit, total_name] = time_unit(total);
    const std::string total_text =
        total < 1 ? fmt::format("{:.2g}", total) : fmt::format("{:.1f}", total / total_unit);
    script.panel(place(1, 1),
                 fmt::format("Training time of the trials: {} {} in all", total_text, total_name),
                 "Trial", fmt::format("Training time ({})", name));
    struct Bars {
        const char *state, *title;
        std::string look;
    };
    const Bars kinds[] = {
        {"complete", "trained fully", fmt::format("lc rgb {}", colour::blue)},
        {"pruned", "stopped early", fmt::format("lc rgb {}", colour::sky)},
        {"failed", "failed", fmt::format("fs pattern 4 lc rgb {}", colour::vermillion)},
        {"running", "running", fmt::format("lc rgb {}", colour::grey)}};
    if (longest_trial(study) <= 0) return script.empty("no trial has a training time on record");
    std::string plots = "plot -1 notitle";
    for (const auto& [state, title, look] : kinds) {
        Rows rows;
        for (const PlottedTrial& trial : study.trials)
            if (trial.state == state)
                rows.push_back({static_cast<double>(trial.number), trial.seconds / unit});
        script.data(state, rows);
        if (!rows.empty())
            plots += fmt::format(", ${} using 1:2 with boxes {} title '{}'", state, look, title);
    }
    trial_axis(script, study);
    script.y_range(0, 1.05 * longest_trial(study) / unit);
    // Few trials have no wider bars than five.
    script.line(fmt::format("set boxwidth {:.4g}", 0.16 * std::min(5.0, last_number(study))));
    script.line("set style fill solid 0.8 noborder");
    script.line(plots);
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

void radar(PlotScript& script, const PlottedStudy& study, const json& analysis) {
    PanelPlace sheet = place(1, 2);
    sheet.margin_left = sheet.margin_right = 10;
    sheet.margin_bottom = 36;
    script.panel(sheet, "Best parameters within their bounds",
                 "Centre: lower bound or first choice, rim: upper or last", "");
    const PlottedTrial* best = study.best();
    if (best == nullptr) return script.empty(none_trained);
    const std::size_t n = study.parameters.size();
    if (n == 0) return script.empty("no parameter was searched");
    const Radar radar(n);
    // Names and values in lines. Those take room beyond the radius of 1, the more the longer they
    // are.
    const json& values = analysis.at("best").at("parameters");
    std::vector<std::vector<std::string>> labels;
    std::size_t most_lines = 0;
    for (const PlottedParameter& parameter : study.parameters) {
        labels.push_back(n > 8 ? std::vector{elided(parameter.name, 20)}
                               : wrapped(elided(parameter.name, 48), 18));
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
        const PlottedParameter& parameter = study.parameters[i % n];
        rings.push_back({0, 0});
        rings.push_back(radar.point(i % n, 1));
        rings.push_back({NAN, NAN});
        const double where = parameter.fraction(best->positions[i % n]);
        winner.push_back(radar.point(i % n, std::isnan(where) ? 0 : where));
        const double mean = study.best_quarter_fraction(i % n);
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

void most_important(PlotScript& script, const PlottedStudy& study, const json& analysis) {
    const json& ranked = analysis.at("parameter_importance");
    if (ranked.empty()) {
        script.panel(place(2, 0), "The most important parameter", "", "");
        return script.empty("takes four comparable trials with different scores");
    }
    const std::string name = ranked.at(0).at("name");
    const auto found = std::ranges::find(study.parameters, name, &PlottedParameter::name);
    parameter_panel(script, place(2, 0), study,
                    static_cast<std::size_t>(found - study.parameters.begin()),
                    "The most important parameter");
}

void efficiency(PlotScript& script, const PlottedStudy& study) {
    const auto [unit, name] = time_unit(longest_trial(study));
    script.panel(place(2, 1), "Efficiency: what training time bought",
                 fmt::format("Training time of the trial ({})", name), study.full_title);
    std::vector<PlottedTrial> trials = study.successful();
    if (trials.empty()) return script.empty(none_trained);
    std::ranges::sort(trials, {}, &PlottedTrial::seconds);
    Rows points, front;
    for (const PlottedTrial& trial : trials) {
        points.push_back({trial.seconds / unit, trial.score});
        if (front.empty() || trial.score > front.back()[1]) front.push_back(points.back());
    }
    const double longest = 1.05 * longest_trial(study) / unit;
    front.push_back({longest, front.back()[1]});
    const auto [low, high] = padded_range(scores_of(study));
    script.data("points", points);
    script.data("front", front);
    script.x_range(0, std::max(longest, 1e-9));
    script.y_range(low, high);
    script.line(fmt::format(
        "plot $front using 1:2 with steps lw 2 lc rgb {} title 'best within that time', "
        "$points using 1:2 with points pt 7 ps 1 lc rgb {} title 'trained fully'",
        colour::vermillion, colour::blue));
}

std::string held_out_line(const json& predictor) {
    const json& qwk = predictor.at("intervals").at("qwk");
    return fmt::format("{:.4f}  [{:.4f}, {:.4f}]", predictor.at("metrics").at("qwk").get<double>(),
                       qwk.at(0).get<double>(), qwk.at(1).get<double>());
}

std::vector<std::pair<std::string, std::string>> summary_rows(const json& analysis) {
    const json& s = analysis.at("summary");
    std::vector<std::pair<std::string, std::string>> rows = {
        {"Trials", fmt::format("{}, {} trained fully", s.at("total_trials").get<int>(),
                               s.at("successful_trials").get<int>())}};
    std::vector<std::string> others;
    for (const auto& [count, what] : {std::pair{"pruned_trials", "stopped early"},
                                      {"failed_trials", "failed"},
                                      {"unfinished_trials", "unfinished"}})
        if (const int n = s.at(count); n > 0) others.push_back(fmt::format("{} {}", n, what));
    if (!others.empty())
        rows.emplace_back("    others", fmt::format("{}", fmt::join(others, ", ")));
    if (analysis.at("best").is_null()) return rows;
    rows.emplace_back("Best score",
                      fmt::format("{:.4f}, trial {}", s.at("best_score").get<double>(),
                                  s.at("best_trial").get<int>()));
    const bool several = s.at("successful_trials").get<int>() > 1;
    rows.emplace_back(
        "Mean score",
        fmt::format("{:.4f} ± {}", s.at("mean_score").get<double>(),
                    several ? fmt::format("{:.4f}", s.at("std_score").get<double>()) : "n/a"));
    if (const json& c = analysis.at("convergence"); !c.is_null())
        rows.emplace_back("Converged", fmt::format("by trial {} of {}", c.at("trial").get<int>(),
                                                   s.at("total_trials").get<int>()));
    const auto [unit, name] = time_unit(s.at("wall_seconds"));
    rows.emplace_back("Time", fmt::format("{:.1f} {} by the clock",
                                          s.at("wall_seconds").get<double>() / unit, name));
    if (analysis.at("held_out").is_null()) return rows;
    rows.emplace_back("Learners held out", "QWK and its 95% interval");
    rows.emplace_back("    " + analysis.at("held_out").at("name").get<std::string>(),
                      held_out_line(analysis.at("held_out")));
    for (const json& predictor : analysis.at("baselines").at("held_out"))
        rows.emplace_back("    " + predictor.at("name").get<std::string>(),
                          held_out_line(predictor));
    return rows;
}

void summary(PlotScript& script, const json& analysis) {
    script.panel(place(2, 2), "Summary", "", "");
    script.line("unset border\nunset tics\nunset grid");
    script.x_range(0, 1);
    script.y_range(0, 1);
    double y = 0.97;
    for (const auto& [name, value] : summary_rows(analysis)) {
        script.line(
            fmt::format("set label {} at graph -0.08, graph {:.3f} left", gnuplot_string(name), y));
        script.line(
            fmt::format("set label {} at graph 0.36, graph {:.3f} left", gnuplot_string(value), y));
        y -= 0.082;
    }
    script.line("plot -1 notitle");
}

}  // namespace

std::string overview_plot(const json& analysis) {
    const PlottedStudy study = plotted_study(analysis);
    PlotScript script(width, header + 3 * panel_height,
                      "Hyperparameter optimization of " + analysis.at("title").get<std::string>());
    convergence(script, study);
    importance(script, study, analysis);
    distribution(script, study, analysis);
    correlations(script, study, analysis);
    timeline(script, study, analysis);
    radar(script, study, analysis);
    most_important(script, study, analysis);
    efficiency(script, study);
    summary(script, analysis);
    return script.finish();
}

}  // namespace manygpcm
