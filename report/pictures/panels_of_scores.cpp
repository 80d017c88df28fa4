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

constexpr double beside_last = 0.6;  // how far that axis goes on beside the last trial

// The axis of the trials' numbers.
void trial_axis(PlotScript& script, const PlottedStudy& study) {
    const double last = last_number(study);
    script.range('x', 1 - beside_last, last + beside_last);
    if (last <= 12) script.line("set xtics 1,1");
}

double longest_trial(const PlottedStudy& study) {
    double longest = 0;
    for (const PlottedTrial& trial : study.trials)
        longest = std::max(longest, trial.seconds);
    return longest;
}

// Scores of the trials trained fully, and the last ones of those that were stopped.
std::vector<double> all_scores(const PlottedStudy& study) {
    std::vector<double> scores = scores_of(study);
    for (const PlottedTrial& trial : study.trials)
        if (trial.stopped() && std::isfinite(trial.last_score()))
            scores.push_back(trial.last_score());
    return scores;
}

bool without_score(const PlottedTrial& trial) {
    return trial.failed() || (trial.stopped() && !std::isfinite(trial.last_score()));
}

// [trial trained fully] Numbers and the best score so far, as far as the axis of the trials goes:
// where the last trial is the best, there is a line all the same.
Rows best_so_far(const PlottedStudy& study) {
    Rows best;
    for (const PlottedTrial& trial : study.successful())
        best.push_back({static_cast<double>(trial.number),
                        !best.empty() && !study.better(trial.score, best.back()[1]) ? best.back()[1]
                                                                                    : trial.score});
    if (!best.empty()) best.push_back({last_number(study) + beside_last, best.back()[1]});
    return best;
}

}  // namespace

std::pair<double, const char*> time_unit(double seconds) {
    if (seconds >= 3 * 3600) return {3600, "h"};
    return seconds >= 180 ? std::pair{60.0, "min"} : std::pair{1.0, "s"};
}

bool sees_convergence(const PlottedStudy& study, const json& /*analysis*/) {
    return !all_scores(study).empty();
}

void convergence_panel(PlotScript& script, const PanelPlace& place, const PlottedStudy& study,
                       const json& /*analysis*/) {
    const ScoreAxis axis =
        score_axis(all_scores(study), std::ranges::any_of(study.trials, without_score));
    const Tics tics = value_tics(axis.low, axis.high);
    Rows full, failed, stopped;
    for (const PlottedTrial& trial : study.trials) {
        const double number = trial.number;
        if (trial.successful) full.push_back({number, trial.score});
        if (trial.failed()) failed.push_back({number, axis.foot});
        if (trial.stopped())
            stopped.push_back({number, without_score(trial) ? axis.foot : trial.last_score()});
    }
    script.panel(with_room_for(place, tics), "Convergence", "Trial",
                 study.full_title + (stopped.empty() || study.foreign ? "" : ", or when stopped"));
    script.data("trials", full);
    script.data("best", best_so_far(study));
    script.data("failed", failed);
    script.data("stopped", stopped);
    trial_axis(script, study);
    script.range('y', axis.low, axis.high);
    script.tics('y', tics);
    std::string plots = "plot -1e30 notitle";  // then what is there, so that the key names no more
    if (!full.empty())
        plots += fmt::format(
            ", $best using 1:2 with steps lw 2.5 lc rgb {} title 'best so far', "
            "$trials using 1:2 with points pt 7 ps 1 lc rgb {} title '{}'",
            colour::vermillion, colour::blue, study.fully);
    if (!failed.empty())
        plots += fmt::format(", $failed using 1:2 with points {} title 'failed'", failed_mark);
    if (!stopped.empty())
        plots += fmt::format(", $stopped using 1:2 with points {} title 'stopped {}'", stopped_mark,
                             study.foreign ? "early" : "sooner");  // than the axis says
    script.line(plots);
}

namespace {
int bins_for(std::size_t scores) {
    return std::max(5, static_cast<int>(std::ceil(std::sqrt(static_cast<double>(scores)))));
}
}  // namespace

bool sees_distribution(const PlottedStudy& study, const json& /*analysis*/) {
    const std::vector<double> scores = scores_of(study);
    if (static_cast<int>(scores.size()) < bins_for(scores.size())) return false;
    const auto [low, high] = std::ranges::minmax(scores);
    return low < high;
}

void distribution_panel(PlotScript& script, const PanelPlace& place, const PlottedStudy& study,
                        const json& analysis) {
    script.panel(place, "Distribution of the scores", study.full_title, "Number of trials");
    const std::vector<double> scores = scores_of(study);
    const auto [low, high] = std::ranges::minmax(scores);
    const int n_bins = bins_for(scores.size());
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
    script.range('x', low - bin / 2, high + bin / 2);
    script.tics('x', value_tics_within(low - bin / 2, high + bin / 2, place.axis_width()));
    script.range('y', 0, top);
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

bool sees_timeline(const PlottedStudy& study, const json& /*analysis*/) {
    return longest_trial(study) > 0;
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
    script.range('y', 0, 1.05 * longest_trial(study) / unit);
    // Few trials have no wider bars than five.
    script.line(fmt::format("set boxwidth {:.4g}", 0.16 * std::min(5.0, last_number(study))));
    script.line("set style fill solid 0.8 noborder");
    script.line(plots);
}

bool sees_efficiency(const PlottedStudy& study, const json& /*analysis*/) {
    return study.successful().size() > 1 && longest_trial(study) > 0;
}

void efficiency_panel(PlotScript& script, const PanelPlace& place, const PlottedStudy& study,
                      const json& /*analysis*/) {
    const auto [unit, name] = time_unit(longest_trial(study));
    const auto [low, high] = padded_range(scores_of(study));
    const Tics tics = value_tics(low, high);
    script.panel(with_room_for(place, tics), "Efficiency: what training time bought",
                 fmt::format("Training time of the trial ({})", name), study.full_title);
    std::vector<PlottedTrial> trials = study.successful();
    std::ranges::sort(trials, {}, &PlottedTrial::seconds);
    Rows points, front;
    for (const PlottedTrial& trial : trials) {
        points.push_back({trial.seconds / unit, trial.score});
        if (front.empty() || study.better(trial.score, front.back()[1]))
            front.push_back(points.back());
    }
    const double longest = 1.05 * longest_trial(study) / unit;
    front.push_back({longest, front.back()[1]});
    script.data("points", points);
    script.data("front", front);
    script.range('x', 0, std::max(longest, 1e-9));
    script.range('y', low, high);
    script.tics('y', tics);
    script.line(fmt::format(
        "plot $front using 1:2 with steps lw 2 lc rgb {} title 'best within that time', "
        "$points using 1:2 with points pt 7 ps 1 lc rgb {} title '{}'",
        colour::vermillion, colour::blue, study.fully));
}

namespace {
// A trial's curve as rows, and a gap behind it.
void add_curve(Rows& rows, const PlottedTrial& trial) {
    for (std::size_t epoch = 0; epoch < trial.curve.size(); ++epoch)
        rows.push_back({static_cast<double>(epoch + 1), trial.curve[epoch]});
    rows.push_back({NAN, NAN});
}
}  // namespace

bool sees_curves(const PlottedStudy& study, const json& /*analysis*/) {
    return std::ranges::any_of(study.trials, [](const PlottedTrial& trial) {
        return std::ranges::count_if(trial.curve, [](double x) { return std::isfinite(x); }) > 1;
    });
}

void curves_panel(PlotScript& script, const PanelPlace& place, const PlottedStudy& study,
                  const json& /*analysis*/) {
    const PlottedTrial* best = study.best();
    Rows full, others, winner, ends;
    std::vector<double> scores;
    std::size_t longest = 1;
    for (const PlottedTrial& trial : study.trials) {
        for (const double score : trial.curve)
            if (std::isfinite(score)) scores.push_back(score);
        longest = std::max(longest, trial.curve.size());
        const bool is_best = best != nullptr && trial.number == best->number;
        add_curve(is_best ? winner : trial.successful ? full : others, trial);
        if (trial.stopped() && !trial.curve.empty())
            ends.push_back({static_cast<double>(trial.curve.size()), trial.last_score()});
    }
    const auto [low, high] = padded_range(scores);
    const Tics tics = value_tics(low, high);
    script.panel(
        with_room_for(place, tics), "Scores while training",
        study.foreign ? "Reported value, in order" : "Epoch",
        study.score + (study.foreign ? "" : "\nof the learners left out, mean over the folds"));
    script.data("full", full);
    script.data("others", others);
    script.data("winner", winner);
    script.data("ends", ends);
    script.range('x', 0.8, static_cast<double>(longest) + 0.2);
    if (longest <= 12) script.line("set xtics 1,1");
    script.range('y', low, high);
    script.tics('y', tics);
    std::string plots =
        fmt::format("plot $others using 1:2 with lines lc rgb {} notitle", colour::grey);
    if (!full.empty())
        plots += fmt::format(", $full using 1:2 with lines lw 1.5 lc rgb {} title '{}'",
                             colour::blue, study.fully);
    if (!winner.empty())
        plots += fmt::format(", $winner using 1:2 with lines lw 3.5 lc rgb {} title 'best trial'",
                             colour::vermillion);
    if (!ends.empty())
        plots +=
            fmt::format(", $ends using 1:2 with points {} title 'stopped early'", stopped_mark);
    script.line(plots);
}

bool sees_cumulative(const PlottedStudy& study, const json& /*analysis*/) {
    const std::vector<PlottedTrial> compared = study.compared();
    return std::ranges::any_of(compared, [&](const PlottedTrial& trial) {
        return trial.compared != compared.front().compared;
    });
}

void cumulative_panel(PlotScript& script, const PanelPlace& place, const PlottedStudy& study,
                      const json& /*analysis*/) {
    script.panel(place, "Distribution of the scores that are compared", study.compared_title,
                 "Share of the trials with this score or less");
    std::vector<double> scores;
    for (const PlottedTrial& trial : study.compared())
        scores.push_back(trial.compared);
    std::ranges::sort(scores);
    const auto [low, high] = padded_range(scores);
    Rows steps = {{low, 0}};
    for (std::size_t i = 0; i < scores.size(); ++i)
        steps.push_back(
            {scores[i], static_cast<double>(i + 1) / static_cast<double>(scores.size())});
    steps.push_back({high, 1});
    script.data("steps", steps);
    script.range('x', low, high);
    script.tics('x', value_tics_within(low, high, place.axis_width()));
    script.range('y', 0, 1);
    script.line(
        fmt::format("plot $steps using 1:2 with steps lw 2 lc rgb {} notitle", colour::blue));
}

}  // namespace manygpcm::report
