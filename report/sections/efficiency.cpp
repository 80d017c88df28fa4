// What the trials brought.
#include <fmt/format.h>

#include "figures/number_text.h"
#include "sections/markdown_text.h"
#include "sections/sections.h"

namespace manygpcm::report {
namespace {

using nlohmann::json;

bool shows_exploration(const ScoreStatistics& s) {
    return s.successful_trials >= fewest_for_exploration;
}
bool shows_percentile(const ScoreStatistics& s) {
    return s.successful_trials >= fewest_for_percentile;
}

json efficiency_figures(const Findings& f) {
    if (f.statistics.successful_trials < 2) return nullptr;
    const ScoreStatistics& s = f.statistics;
    return {{"score_range", s.range},
            {"exploration_ratio", shows_exploration(s) ? json(s.exploration_ratio) : json(nullptr)},
            {"improvement_rate", s.improvement_rate},
            {"percentile_95", shows_percentile(s) ? json(s.percentile_95) : json(nullptr)}};
}

}  // namespace

std::string efficiency_markdown(const Findings& f) {
    std::string text = markdown_heading("Optimization Efficiency");
    if (f.statistics.successful_trials < 2)
        return text + "Not computed: it takes two trials trained to the end.\n";
    const ScoreStatistics& s = f.statistics;
    text += markdown_field("Score Range", f.score_text(s.range));
    if (shows_exploration(s))
        text += markdown_field("Exploration Ratio", fixed(s.exploration_ratio, 3));
    text +=
        markdown_field("Improvement Rate (per improving trial)", f.score_text(s.improvement_rate));
    if (shows_percentile(s))
        text += markdown_field(f.study->minimize ? "5th Percentile Score" : "95th Percentile Score",
                               f.score_text(s.percentile_95));
    return text + fmt::format(
                      "\nImprovement rate: mean gain of the trials that improved the best "
                      "score.{}\n",
                      shows_exploration(s) ? " Exploration ratio: standard deviation (over "
                                             "n, not n - 1) by range."
                                           : "");
}

void efficiency_json(const Findings& f, json& analysis) {
    analysis["optimization_efficiency"] = efficiency_figures(f);
}

}  // namespace manygpcm::report
