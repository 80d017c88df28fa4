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
        if (std::abs(r) <= std::max(strong_correlation, chance_correlation(correlation.trials)))
            continue;
        out.push_back(fmt::format("{} goes with the score{}: {} values scored higher{} (r = {}).",
                                  markdown_code(correlation.name), judged_early(findings),
                                  r > 0 ? "higher" : "lower",
                                  findings.study->minimize ? ", which is worse" : "", fixed(r, 3)));
    }
    if (!findings.correlations.empty())
        out.push_back(fmt::format(
            "Of {} parameters chance alone takes about {} beyond what r stays within in 95% of "
            "cases.",
            findings.correlations.size(), fixed(findings.expected_beyond_chance, 2)));
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
