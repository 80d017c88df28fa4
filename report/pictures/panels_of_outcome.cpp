// The panels of what came of the search: the learners held out, and what is known in words.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "figures/number_text.h"
#include "manygpcm/engine/shown.h"
#include "pictures/intervals_panel.h"
#include "pictures/overview_panels.h"

namespace manygpcm::report {
namespace {

using nlohmann::json;

std::string score_line(const json& predictor, const std::string& objective) {
    const json& value = predictor.at("metrics").at(objective);
    std::string score = value.is_null() ? not_a_number : fixed(value.get<double>(), 4);
    const json intervals = predictor.value("intervals", json::object());
    const auto of_score = intervals.find(objective);
    if (of_score == intervals.end()) return score;
    return fmt::format("{}  [{}, {}]", score, fixed(of_score->at(0).get<double>(), 4),
                       fixed(of_score->at(1).get<double>(), 4));
}

/// "QWK" of "Score (QWK)".
std::string score_name(const PlottedStudy& study) {
    const std::size_t open = study.score.find('(');
    return study.score.substr(open + 1, study.score.find_first_of(",)", open) - open - 1);
}

/// Who was scored beside the winner on the same responses, the winner first: on the learners held
/// out or, where none is, in cross-validation. As the page has them.
struct Board {
    std::string where;
    std::vector<json> predictors;  ///< each with its name and metrics, and perhaps intervals
};

Board board_of(const json& analysis) {
    const bool held_out = !analysis.at("held_out").is_null();
    const char* place = held_out ? "held_out" : "cross_validation";
    Board board{.where = held_out ? "Learners held out" : "Cross-validation", .predictors = {}};
    const auto add = [&](const json& predictor) {
        if (!predictor.is_null()) board.predictors.push_back(predictor);
    };
    if (held_out) {
        add(analysis.at("held_out"));
        add(analysis.at("folds_average"));
    } else if (!analysis.at("baselines").at(place).empty() && !analysis.at("best").is_null()) {
        add({{"name", "winner"}, {"metrics", analysis.at("best").at("cross_validated")}});
    }
    for (const json& baseline : analysis.at("baselines").at(place))
        add(baseline);
    add(analysis.at("ceiling").at(place));
    return board;
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
    if (analysis.at("best").is_null()) {
        rows.emplace_back("Best score", study.none_trained());
        return rows;
    }
    rows.emplace_back("Best score", fmt::format("{}, trial {}", score("best_score"),
                                                s.at("best_trial").get<int>()));
    if (s.at("successful_trials").get<int>() > 1)
        rows.emplace_back("Mean score",
                          fmt::format("{} ± {}", score("mean_score"), score("std_score")));
    if (const json& c = analysis.at("convergence"); !c.is_null())
        rows.emplace_back(
            "Converged",
            fmt::format("{}by trial {} of {}", c.at("settled").get<bool>() ? "" : "not ",
                        c.at("trial").get<int>(), s.at("total_trials").get<int>()));
    const auto [unit, name] = time_unit(s.at("wall_seconds"));
    rows.emplace_back("Time",
                      fmt::format("{} {} by the clock",
                                  fixed(s.at("wall_seconds").get<double>() / unit, 1), name));
    const Board board = board_of(analysis);
    if (board.predictors.empty()) return rows;
    const std::string objective = analysis.at("objective");
    const bool intervals = board.predictors.front().contains("intervals");
    rows.emplace_back(board.where, score_name(study) + (intervals ? " [95% interval]" : ""));
    for (const json& predictor : board.predictors)
        rows.emplace_back("    " + predictor.at("name").get<std::string>(),
                          score_line(predictor, objective));
    return rows;
}

}  // namespace

bool sees_held_out(const PlottedStudy& /*study*/, const json& analysis) {
    const json& held_out = analysis.at("held_out");
    return !held_out.is_null() && held_out.contains("intervals") &&
           held_out.at("intervals").contains(analysis.at("objective").get<std::string>());
}

void held_out_panel(PlotScript& script, const PanelPlace& place, const PlottedStudy& study,
                    const json& analysis) {
    const std::string objective = analysis.at("objective");
    std::vector<ScoredRow> rows;
    for (const json& predictor : board_of(analysis).predictors) {
        const json intervals = predictor.value("intervals", json::object());
        const auto interval = intervals.find(objective);
        if (interval == intervals.end()) continue;
        const json& score = predictor.at("metrics").at(objective);
        rows.push_back({predictor.at("name"), score.is_null() ? NAN : score.get<double>(),
                        interval->at(0), interval->at(1), rows.empty()});
    }
    intervals_panel(
        script, place, "Learners held out",
        fmt::format("{} of {}, with 95% intervals", study.score,
                    counted(analysis.at("dataset").at("test_learners").get<int>(), "learner")),
        rows);
}

bool sees_summary(const PlottedStudy& /*study*/, const json& /*analysis*/) {
    return true;
}

void summary_panel(PlotScript& script, const PanelPlace& place, const PlottedStudy& study,
                   const json& analysis) {
    script.panel(place, "Summary", "", "");
    script.line("unset border\nunset tics\nunset grid");
    script.range('x', 0, 1);
    script.range('y', 0, 1);
    constexpr double highest = 0.97, lowest = -0.13, widest_step = 0.082;  // of the panel's height
    const auto rows = summary_rows(study, analysis);
    const double step =
        std::min(widest_step, (highest - lowest) / static_cast<double>(rows.size()));
    double y = highest;
    for (const auto& [name, value] : rows) {
        script.line(fmt::format("set label {} at graph -0.08, graph {} left", gnuplot_string(name),
                                fixed(y, 3)));
        script.line(fmt::format("set label {} at graph 0.36, graph {} left", gnuplot_string(value),
                                fixed(y, 3)));
        y -= step;
    }
    script.line("plot -1 notitle");
}

}  // namespace manygpcm::report
