// The picture of several studies: best so far by trial and by training, distributions, learners
// held out.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "manygpcm/engine/shown.h"
#include "pictures/intervals_panel.h"
#include "pictures/plot_script.h"
#include "sections/markdown_text.h"
#include "studies/side_by_side_figures.h"

namespace manygpcm::report {
namespace {

using Lines = std::vector<std::vector<double>>;

constexpr int sheet_width = 1320, sheet_header = 50, panel_width = 660, panel_height = 510;

PanelPlace place(int at) {
    return {.left = at % 2 * panel_width,
            .top = sheet_header + at / 2 * panel_height,
            .width = panel_width,
            .height = panel_height,
            .margin_bottom = 84};
}

// A study's line, which dashes tell without colours.
std::string look(std::size_t study) {
    constexpr const char* looks[most_side_by_side] = {
        "lw 2.5 dt 1 lc rgb '#0072B2'",      "lw 2.5 dt (12,6) lc rgb '#D55E00'",
        "lw 2.5 dt (3,4) lc rgb '#009E73'",  "lw 2.5 dt (14,5,3,5) lc rgb '#000000'",
        "lw 2.5 dt (24,6) lc rgb '#E69F00'", "lw 2.5 dt (2,8) lc rgb '#56B4E9'"};
    return looks[study];
}

std::string key_name(const SideBySide& f, std::size_t study) {
    return gnuplot_string(elided(one_line((*f.studies)[study].name), 48 / f.n()));
}

// Draws steps, [study] rows, into the panel that was begun.
void plot_steps(PlotScript& script, const SideBySide& f, const std::vector<Lines>& steps) {
    std::string plots = "plot -1e30 notitle";
    for (std::size_t i = 0; i < f.n(); ++i) {
        script.data(fmt::format("study{}", i), steps[i]);
        plots +=
            fmt::format(", $study{} using 1:2 with steps {} title {}", i, look(i), key_name(f, i));
    }
    script.line(plots);
}

std::string score_title(const SideBySide& f) {
    const search::Study& study = f.first();
    return fmt::format("Score ({}{})",
                       study.foreign ? one_line(study.objective) : std::string(study.metric().word),
                       study.minimize ? ", lower is better" : "");
}

std::string training(const SideBySide& f) {
    if (f.first().foreign) return "";
    return f.same_epochs ? fmt::format("\nafter epoch {}", f.first().epochs)
                         : "\nafter unequal training";
}

void best_so_far_panel(PlotScript& script, int at, const SideBySide& f, const char* title,
                       const char* x_title, std::vector<double> Progress::*x) {
    std::vector<double> scores;
    double last = 1;
    std::vector<Lines> steps(f.n());
    for (std::size_t i = 0; i < f.n(); ++i) {
        const std::vector<double>& across = f.progress[i].*x;
        for (std::size_t k = 0; k < across.size(); ++k) {
            last = std::max(last, across[k]);
            if (!std::isfinite(f.progress[i].best[k])) continue;
            scores.push_back(f.progress[i].best[k]);
            steps[i].push_back({across[k], f.progress[i].best[k]});
        }
    }
    for (Lines& line : steps)  // one that its last trial begins is seen, too
        if (!line.empty()) line.push_back({line.back()[0] + 0.02 * last, line.back()[1]});
    const auto [low, high] = padded_range(scores);
    const Tics tics = value_tics(low, high);
    const PanelPlace panel = with_room_for(place(at), tics);
    script.panel(panel, title, x_title, score_title(f) + training(f));
    script.range('x', 0, 1.03 * last);
    script.tics('x', value_tics_within(0, 1.03 * last, panel.axis_width()));
    script.range('y', low, high);
    script.tics('y', tics);
    plot_steps(script, f, steps);
}

void distribution_panel(PlotScript& script, int at, const SideBySide& f) {
    std::vector<double> all;
    for (const ComparableTrials& alike : f.alike)
        all.insert(all.end(), alike.scores.begin(), alike.scores.end());
    const auto [low, high] = padded_range(all);
    std::vector<Lines> steps;
    for (const ComparableTrials& alike : f.alike) {
        std::vector<double> scores = alike.scores;
        std::ranges::sort(scores);
        Lines& line = steps.emplace_back(Lines{{low, 0}});
        for (std::size_t i = 0; i < scores.size(); ++i)
            line.push_back(
                {scores[i], static_cast<double>(i + 1) / static_cast<double>(scores.size())});
        if (scores.empty())
            line.clear();
        else
            line.push_back({high, 1});
    }
    script.panel(
        place(at), "Distribution of the scores",
        score_title(f) + (f.first().foreign ? ""
                                            : fmt::format("\nafter epoch {}, mean of the folds",
                                                          f.alike.front().epochs)),
        "Share of the trials with this score or less");
    script.range('x', low, high);
    script.tics('x', value_tics_within(low, high, place(at).axis_width()));
    script.range('y', 0, 1);
    plot_steps(script, f, steps);
}

// The winners, then the first study's baselines.
std::vector<ScoredRow> held_out_rows(const SideBySide& f) {
    std::vector<ScoredRow> rows;
    if (f.first().foreign || !f.data_known) return rows;
    const auto add = [&](const std::string& name, const search::ScoredPredictor& scored,
                         bool winner) {
        const auto interval = scored.intervals.find(f.first().objective);
        if (interval != scored.intervals.end())
            rows.push_back({name, scored.metrics[f.first().metric()], interval->second.low,
                            interval->second.high, winner});
    };
    for (const auto& [name, study] : *f.studies)
        if (study.winner) add(name, *study.winner, true);
    for (const search::ScoredPredictor& baseline : f.first().baselines)
        add(baseline.name, baseline, false);
    return rows;
}

}  // namespace

std::string side_by_side_plot(const SideBySide& f) {
    const std::vector<ScoredRow> held_out = held_out_rows(f);
    const int panels = (f.first().foreign ? 2 : 3) + (held_out.empty() ? 0 : 1);
    PlotScript script(sheet_width, sheet_header + (panels + 1) / 2 * panel_height,
                      "Studies side by side");
    int at = 0;
    best_so_far_panel(script, at++, f, "Best so far, by trial", "Trials, in the order asked",
                      &Progress::trials);
    if (!f.first().foreign)
        best_so_far_panel(script, at++, f, "Best so far, by training",
                          "Epochs of a fold, of trials in the order asked", &Progress::spent);
    distribution_panel(script, at++, f);
    if (!held_out.empty())
        intervals_panel(script, place(at), "Learners held out",
                        fmt::format("{} of {}, with 95% intervals", score_title(f),
                                    counted(f.first().n_test_learners, "learner")),
                        held_out);
    return script.finish();
}

}  // namespace manygpcm::report
