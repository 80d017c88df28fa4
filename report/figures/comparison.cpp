// Reads outcomes off the intervals of differences.
#include "figures/comparison.h"

#include <algorithm>

namespace manygpcm::report {
namespace {

/// @param sign +1 for a metric that is the better the higher it is, else -1
Difference difference(const Metrics& winner, const search::ScoredPredictor& baseline,
                      double Metrics::*metric, int sign) {
    using Outcome = Difference::Outcome;
    const auto members = Metrics::scalar_members();
    const auto at =
        std::ranges::find(members, metric, &std::pair<const char*, double Metrics::*>::second) -
        members.begin();
    const Interval interval = baseline.winner_differences[static_cast<std::size_t>(at)];
    Outcome outcome = Outcome::undecided;
    if (sign * interval.low > 0 && sign * interval.high > 0) outcome = Outcome::winner_ahead;
    if (sign * interval.low < 0 && sign * interval.high < 0) outcome = Outcome::baseline_ahead;
    return {winner.*metric, baseline.metrics.*metric, interval, outcome};
}

}  // namespace

std::vector<Comparison> compare(const Metrics& winner,
                                const std::vector<search::ScoredPredictor>& baselines) {
    std::vector<Comparison> comparisons;
    for (const search::ScoredPredictor& baseline : baselines) {
        if (baseline.winner_differences.empty()) continue;
        comparisons.push_back(
            {.baseline = baseline.name,
             .qwk = difference(winner, baseline, &Metrics::qwk, 1),
             .cross_entropy = difference(winner, baseline, &Metrics::cross_entropy, -1)});
    }
    return comparisons;
}

}  // namespace manygpcm::report
