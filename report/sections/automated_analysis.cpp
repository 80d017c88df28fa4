// The first conclusions from the figures: how the search went, and which parameters stand out.
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

constexpr double dominant_importance = 0.5, strong_correlation = 0.5;
constexpr int trials_to_judge_convergence = 20;

// The share of trials after which the search settled; no praise: points drawn at random learn
// nothing from each other, so an early best is luck.
std::string pace(const Findings& findings) {
    const ScoreStatistics& s = findings.statistics;
    const double efficiency = findings.convergence.efficiency;
    const std::string figure = fmt::format("{}%", fixed(100 * efficiency, 1));
    if (s.total_trials < trials_to_judge_convergence)
        return fmt::format("{}; fewer than {} trials are too few to judge it", figure,
                           trials_to_judge_convergence);
    if (!findings.convergence.settled) return figure + ": the last trials still gained";
    if (2 * s.best_trial > s.total_trials)
        return fmt::format("{}, yet the best came late, in trial {} of {}", figure, s.best_trial,
                           s.total_trials);
    return fmt::format("{}: {}", figure,
                       efficiency < 0.2   ? "early"
                       : efficiency < 0.4 ? "not late"
                                          : "slow");
}

Sentences performance_summary(const Findings& findings) {
    const ScoreStatistics& s = findings.statistics;
    Sentences out = {fmt::format("**Best score**: {}, trial {} of {}", findings.score_text(s.best),
                                 s.best_trial, s.total_trials)};
    if (s.successful_trials < 2) return out;
    const double worst = s.best + (findings.study->minimize ? s.range : -s.range);
    out.push_back(fmt::format("**Score range**: {}, from {} to {}", findings.score_text(s.range),
                              findings.score_text(std::min(worst, s.best)),
                              findings.score_text(std::max(worst, s.best))));
    out.push_back(fmt::format("**Convergence efficiency**: {}", pace(findings)));
    return out;
}

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
    bool any = false;
    for (const Correlation& correlation : findings.correlations) {
        const double r = correlation.pearson.value;
        if (std::abs(r) <= std::max(strong_correlation, chance_correlation(correlation.trials)))
            continue;
        any = true;
        out.push_back(fmt::format("{} goes with the score{}: {} values scored higher{} (r = {}).",
                                  markdown_code(correlation.name), judged_early(findings),
                                  r > 0 ? "higher" : "lower",
                                  findings.study->minimize ? ", which is worse" : "", fixed(r, 3)));
    }
    if (!any && !findings.correlations.empty())
        out.push_back(
            fmt::format("No Pearson's r lies beyond ±{}.",
                        fixed(std::max(strong_correlation, findings.chance_correlation), 2)));
    if (!findings.correlations.empty())
        out.push_back(fmt::format(
            "{} parameters were looked at: chance alone takes about {} of them beyond ±{}.",
            findings.correlations.size(), fixed(findings.expected_beyond_chance, 2),
            fixed(findings.chance_correlation, 2)));
    return out;
}

}  // namespace

std::string automated_analysis_markdown(const Findings& f) {
    // Each subheading brings its own blank line.
    std::string heading = "\n## Automated Analysis & Recommendations\n";
    if (!f.winner) return heading;
    return heading + markdown_subheading("Performance Summary") +
           markdown_list(performance_summary(f)) + markdown_subheading("Parameter Patterns") +
           markdown_list(parameter_patterns(f));
}

void automated_analysis_json(const Findings& f, nlohmann::json& analysis) {
    analysis["expected_beyond_chance"] = f.expected_beyond_chance;
}

}  // namespace manygpcm::report
