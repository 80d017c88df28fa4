// The panel that says in words what is known.
#include <fmt/format.h>

#include <string>
#include <utility>
#include <vector>

#include "pictures/overview_panels.h"
#include "sections/number_text.h"

namespace manygpcm::report {
namespace {

using nlohmann::json;

std::string held_out_line(const json& predictor) {
    const std::string score = fixed(predictor.at("metrics").at("qwk").get<double>(), 4);
    if (!predictor.contains("intervals")) return score;
    const json& qwk = predictor.at("intervals").at("qwk");
    return fmt::format("{}  [{}, {}]", score, fixed(qwk.at(0).get<double>(), 4),
                       fixed(qwk.at(1).get<double>(), 4));
}

std::vector<std::pair<std::string, std::string>> summary_rows(const PlottedStudy& study,
                                                              const json& analysis) {
    const json& s = analysis.at("summary");
    const auto score = [&](const char* name) { return study.score_text(s.at(name).get<double>()); };
    std::vector<std::pair<std::string, std::string>> rows = {
        {"Trials", fmt::format("{}, {} {}", s.at("total_trials").get<int>(),
                               s.at("successful_trials").get<int>(), study.fully)}};
    std::vector<std::string> others;
    for (const auto& [count, what] : {std::pair{"pruned_trials", "stopped early"},
                                      {"failed_trials", "failed"},
                                      {"unfinished_trials", "unfinished"}})
        if (const int n = s.at(count); n > 0) others.push_back(fmt::format("{} {}", n, what));
    if (!others.empty())
        rows.emplace_back("    others", fmt::format("{}", fmt::join(others, ", ")));
    if (analysis.at("best").is_null()) return rows;
    rows.emplace_back("Best score", fmt::format("{}, trial {}", score("best_score"),
                                                s.at("best_trial").get<int>()));
    const bool several = s.at("successful_trials").get<int>() > 1;
    rows.emplace_back("Mean score", fmt::format("{} ± {}", score("mean_score"),
                                                several ? score("std_score") : not_a_number));
    if (const json& c = analysis.at("convergence"); !c.is_null())
        rows.emplace_back(
            "Converged",
            fmt::format("{}by trial {} of {}", c.at("settled").get<bool>() ? "" : "not ",
                        c.at("trial").get<int>(), s.at("total_trials").get<int>()));
    const auto [unit, name] = time_unit(s.at("wall_seconds"));
    rows.emplace_back("Time",
                      fmt::format("{} {} by the clock",
                                  fixed(s.at("wall_seconds").get<double>() / unit, 1), name));
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

void summary_panel(PlotScript& script, const PanelPlace& place, const PlottedStudy& study,
                   const json& analysis) {
    script.panel(place, "Summary", "", "");
    script.line("unset border\nunset tics\nunset grid");
    script.x_range(0, 1);
    script.y_range(0, 1);
    double y = 0.97;
    for (const auto& [name, value] : summary_rows(study, analysis)) {
        script.line(fmt::format("set label {} at graph -0.08, graph {} left", gnuplot_string(name),
                                fixed(y, 3)));
        script.line(fmt::format("set label {} at graph 0.36, graph {} left", gnuplot_string(value),
                                fixed(y, 3)));
        y -= 0.082;
    }
    script.line("plot -1 notitle");
}

}  // namespace manygpcm::report
