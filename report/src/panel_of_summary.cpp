// The panel that says in words what is known.
#include <fmt/format.h>

#include <string>
#include <utility>
#include <vector>

#include "overview_panels.h"

namespace manygpcm {
namespace {

using nlohmann::json;

std::string held_out_line(const json& predictor) {
    const std::string score =
        fmt::format("{:.4f}", predictor.at("metrics").at("qwk").get<double>());
    if (!predictor.contains("intervals")) return score;
    const json& qwk = predictor.at("intervals").at("qwk");
    return fmt::format("{}  [{:.4f}, {:.4f}]", score, qwk.at(0).get<double>(),
                       qwk.at(1).get<double>());
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
        rows.emplace_back(
            "Converged",
            fmt::format("{}by trial {} of {}", c.at("settled").get<bool>() ? "" : "not ",
                        c.at("trial").get<int>(), s.at("total_trials").get<int>()));
    const auto [unit, name] = time_unit(s.at("wall_seconds"));
    rows.emplace_back("Time", fmt::format("{:.1f} {} by the clock",
                                          s.at("wall_seconds").get<double>() / unit, name));
    if (analysis.at("held_out").is_null()) return rows;
    rows.emplace_back("Learners held out", "QWK [95% interval]");
    rows.emplace_back("    " + analysis.at("held_out").at("name").get<std::string>(),
                      held_out_line(analysis.at("held_out")));
    for (const json& predictor : analysis.at("baselines").at("held_out"))
        rows.emplace_back("    " + predictor.at("name").get<std::string>(),
                          held_out_line(predictor));
    return rows;
}

}  // namespace

void summary_panel(PlotScript& script, const PanelPlace& place, const json& analysis) {
    script.panel(place, "Summary", "", "");
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

}  // namespace manygpcm
