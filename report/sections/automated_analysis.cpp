// Which parameters stand out.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "figures/number_text.h"
#include "sections/markdown_text.h"
#include "sections/sections.h"
#include "sections/wording.h"

namespace manygpcm::report {
namespace {

using Sentences = std::vector<std::string>;

constexpr double dominant_importance = 0.5, strong_correlation = 0.5;  // the published report's

Sentences parameter_patterns(const Findings& findings) {
    Sentences out;
    int beyond_chance = 0;
    for (const Importance& importance : findings.importances.parameters)
        if (importance.fanova.value > dominant_importance)
            out.push_back(fmt::format(
                "{} dominates{}: it makes {}% of the variance by itself (fANOVA, 95% "
                "interval {}% to {}%){}.",
                markdown_code(importance.name), judged_early(findings),
                fixed(100 * importance.fanova.value, 1), fixed(100 * importance.fanova.low, 1),
                fixed(100 * importance.fanova.high, 1),
                findings.enough_trials() ? ""
                                         : fmt::format(", as far as fewer than {} trials can tell",
                                                       findings.trials_for_importance)));
    for (const Correlation& correlation : findings.correlations) {
        const double r = correlation.pearson.value;
        if (correlation.trials < static_cast<int>(fewest_for_importance) ||
            correlation.apart < fewest_apart)
            continue;
        if (std::abs(r) <= std::max(strong_correlation, chance_correlation(correlation.trials)))
            continue;
        const std::string who = correlation.coded_as_one.empty()
                                    ? fmt::format("{} values", r > 0 ? "higher" : "lower")
                                    : fmt::format("{}{}", r > 0 ? "" : "all but ",
                                                  markdown_code(correlation.coded_as_one));
        out.push_back(fmt::format("{} goes with the score{}: {} scored higher{} (r = {}).",
                                  markdown_code(correlation.name), judged_early(findings), who,
                                  findings.study->minimize ? ", which is worse" : "", fixed(r, 3)));
        ++beyond_chance;
    }
    if (beyond_chance > 0)
        out.push_back(fmt::format("Of {} correlations chance alone makes about {} as large.",
                                  findings.correlations.size(),
                                  fixed(findings.expected_beyond_chance, 2)));
    return out;
}

}  // namespace

std::string automated_analysis_markdown(const Findings& f) {
    std::string text = "\n## Automated Analysis & Recommendations\n";  // subheadings bring lines
    if (!f.winner) return text;
    const Sentences patterns = parameter_patterns(f);
    if (patterns.empty()) return text;
    return text + markdown_subheading("Parameter Patterns") + markdown_list(patterns);
}

void automated_analysis_json(const Findings& f, nlohmann::json& analysis) {
    analysis["expected_beyond_chance"] = f.expected_beyond_chance;
}

}  // namespace manygpcm::report
