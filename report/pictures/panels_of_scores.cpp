// The panels of scores and training times.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <tuple>

#include "pictures/overview_panels.h"
#include "pictures/parameter_panel.h"

namespace manygpcm::report {
namespace {

using nlohmann::json;
using Rows = std::vector<std::vector<double>>;

std::vector<double> scores_of(const PlottedStudy& study) {
    std::vector<double> scores;
    for (const PlottedTrial& trial : study.successful())
        scores.push_back(trial.score);
    return scores;
}

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

double longest_trial(const PlottedStudy& study) {
    double longest = 0;
    for (const PlottedTrial& trial : study.trials)
        longest = std::max(longest, trial.seconds);
    return longest;
}

}  // namespace

std::pair<double, const char*> time_unit(double seconds) {
    if (seconds >= 3 * 3600) return {3600, "h"};
    return seconds >= 180 ? std::pair{60.0, "min"} : std::pair{1.0, "s"};
}

void convergence_panel(PlotScript& script, const PanelPlace& place, const PlottedStudy& study) {
    script.panel(place, "Convergence", "Trial", study.full_title);
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
            if (!running || study.better(trial.score, *running)) running = trial.score;
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
                                gnuplot_string(study.none_trained())));
    else
        plots += fmt::format(
            ", $best using 1:2 with steps lw 2.5 lc rgb {} title 'best so far', "
            "$trials using 1:2 with points pt 7 ps 1 lc rgb {} title '{}'",
            colour::vermillion, colour::blue, study.fully);
    if (!failed.empty())
        plots += fmt::format(", $failed using 1:2 with points {} title 'failed'", failed_mark);
    if (!stopped.empty())
        plots +=
            fmt::format(", $stopped using 1:2 with points {} title 'stopped early'", stopped_mark);
    script.line(plots);
}

void distribution_panel(PlotScript& script, const PanelPlace& place, const PlottedStudy& study,
                        const json& analysis) {
    script.panel(place, "Distribution of the scores", study.full_title, "Number of trials");
    const std::vector<double> scores = scores_of(study);
    if (scores.empty()) return script.empty(study.none_trained());
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
    const double best = analysis.at("summary").at("best_score");
    script.data("best", {{best, 0}, {best, top}});
    script.x_range(low - bin / 2, high + bin / 2);
    script.y_range(0, top);
    if (top < 10) script.line("set ytics 1");
    script.line(fmt::format("set boxwidth {:.10g}", bin));
    script.line("set style fill solid 0.6 border lc rgb '#ffffff'");
    script.line(
        fmt::format("plot $bins using 1:2 with boxes lc rgb {} notitle, "
                    "$mean using 1:2 with lines lw 2 dt 2 lc rgb {} title 'mean {}', "
                    "$best using 1:2 with lines lw 2 lc rgb {} title 'best {}'",
                    colour::sky, colour::black, study.score_text(mean), colour::vermillion,
                    study.score_text(best)));
}

void timeline_panel(PlotScript& script, const PanelPlace& place, const PlottedStudy& study,
                    const json& analysis) {
    const auto [unit, name] = time_unit(longest_trial(study));
    const double total = analysis.at("summary").at("trial_seconds");
    const auto [total_unit, total_name] = time_unit(total);
    const std::string total_text =
        total < 1 ? fmt::format("{:.2g}", total) : fmt::format("{:.1f}", total / total_unit);
    script.panel(place,
                 fmt::format("Training time of the trials: {} {} in all", total_text, total_name),
                 "Trial", fmt::format("Training time ({})", name));
    struct Bars {
        const char *state, *title;
        std::string look;
    };
    const Bars kinds[] = {
        {"complete", study.fully, fmt::format("lc rgb {}", colour::blue)},
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

void efficiency_panel(PlotScript& script, const PanelPlace& place, const PlottedStudy& study) {
    const auto [unit, name] = time_unit(longest_trial(study));
    script.panel(place, "Efficiency: what training time bought",
                 fmt::format("Training time of the trial ({})", name), study.full_title);
    std::vector<PlottedTrial> trials = study.successful();
    if (trials.empty()) return script.empty(study.none_trained());
    std::ranges::sort(trials, {}, &PlottedTrial::seconds);
    Rows points, front;
    for (const PlottedTrial& trial : trials) {
        points.push_back({trial.seconds / unit, trial.score});
        if (front.empty() || study.better(trial.score, front.back()[1]))
            front.push_back(points.back());
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
        "$points using 1:2 with points pt 7 ps 1 lc rgb {} title '{}'",
        colour::vermillion, colour::blue, study.fully));
}

}  // namespace manygpcm::report
