// What the trials brought.
#include "figures/number_text.h"
#include "sections/markdown_text.h"
#include "sections/sections.h"

namespace manygpcm::report {
namespace {

using nlohmann::json;

json efficiency_figures(const Findings& f) {
    if (f.statistics.successful_trials < 2) return nullptr;
    const ScoreStatistics& s = f.statistics;
    return {{"score_range", s.range},
            {"exploration_ratio", s.exploration_ratio},
            {"improvement_rate", s.improvement_rate},
            {"percentile_95", s.percentile_95}};
}

}  // namespace

std::string efficiency_markdown(const Findings& f) {
    std::string text = markdown_heading("Optimization Efficiency");
    if (f.statistics.successful_trials < 2)
        return text + "Not computed: it takes two trials trained to the end.\n";
    const ScoreStatistics& s = f.statistics;
    text += markdown_field("Score Range", f.score_text(s.range));
    text += markdown_field("Exploration Ratio", fixed(s.exploration_ratio, 3));
    text +=
        markdown_field("Improvement Rate (per improving trial)", f.score_text(s.improvement_rate));
    text += markdown_field(f.study->minimize ? "5th Percentile Score" : "95th Percentile Score",
                           f.score_text(s.percentile_95));
    return text +
           "\nExploration ratio: standard deviation over range. Improvement rate: mean gain of the "
           "trials that improved the best score.\n";
}

void efficiency_json(const Findings& f, json& analysis) {
    analysis["optimization_efficiency"] = efficiency_figures(f);
}

}  // namespace manygpcm::report
