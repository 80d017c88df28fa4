// Reads outcomes off the intervals of differences.
#include "figures/comparison.h"

#include <algorithm>
#include <limits>

namespace manygpcm::report {
namespace {

Difference difference(const Metrics& winner, const search::ScoredPredictor& baseline,
                      const Metric& metric) {
    using Outcome = Difference::Outcome;
    constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
    const auto found = baseline.winner_differences.find(metric.name);
    // Of a metric that an earlier version didn't know nothing is decided.
    const Interval interval =
        found == baseline.winner_differences.end() ? Interval{unknown, unknown} : found->second;
    const int sign = metric.minimize ? -1 : 1;
    Outcome outcome = Outcome::undecided;
    if (sign * interval.low > 0 && sign * interval.high > 0) outcome = Outcome::winner_ahead;
    if (sign * interval.low < 0 && sign * interval.high < 0) outcome = Outcome::baseline_ahead;
    // Who predicts one category alone has no agreement beyond chance: no figure to be behind.
    if (metric.corrected_for_chance() && baseline.metrics[metric] == 0 &&
        outcome == Outcome::baseline_ahead)
        outcome = Outcome::undecided;
    return {winner[metric], baseline.metrics[metric], interval, outcome};
}

}  // namespace

const Metric& leading_metric(const search::Study& study,
                             const std::vector<search::ScoredPredictor>& baselines) {
    const Metric& auc = *find_metric("auc");
    const bool compared =
        std::ranges::all_of(baselines, [&](const search::ScoredPredictor& baseline) {
            return baseline.winner_differences.empty() ||
                   baseline.winner_differences.contains(auc.name);
        });
    return study.n_categories == 2 && study.objective == "qwk" && compared ? auc : study.metric();
}

std::vector<Comparison> compare(const Metrics& winner,
                                const std::vector<search::ScoredPredictor>& baselines,
                                const Metric& lead, const Metric& objective) {
    std::vector<Comparison> comparisons;
    for (const search::ScoredPredictor& baseline : baselines) {
        if (baseline.winner_differences.empty()) continue;
        comparisons.push_back(
            {.baseline = baseline.name,
             .lead = difference(winner, baseline, lead),
             .score = difference(winner, baseline, objective),
             .cross_entropy = difference(winner, baseline, *find_metric("cross_entropy"))});
    }
    return comparisons;
}

}  // namespace manygpcm::report
