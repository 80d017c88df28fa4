// The winner against a baseline on the same responses: who is ahead, and how surely.
#pragma once

#include <string>
#include <vector>

#include "manygpcm/search/study.h"

namespace manygpcm::report {

/// By one metric.
struct Difference {
    enum class Outcome { winner_ahead, undecided, baseline_ahead };  ///< the worse, the later
    double winner = 0, baseline = 0;
    Interval interval;  ///< 95%, of what the winner has more than the baseline
    /// Undecided where the interval holds 0; also where the winner is below the 0 that chance
    /// agreement has.
    Outcome outcome = Outcome::undecided;
};

struct Comparison {
    std::string baseline;
    Difference lead;           ///< by the metric that the verdict goes by
    Difference score;          ///< by the study's objective, which mostly is that metric
    Difference cross_entropy;  ///< of the probabilities themselves; the lower, the better
};

/// What a verdict goes by: of two categories the AUC, unless the search had an objective other than
/// the usual one or an earlier version compared nobody by it; else the objective.
const Metric& leading_metric(const search::Study& study,
                             const std::vector<search::ScoredPredictor>& baselines);

/// One for each baseline that was scored beside a winner.
std::vector<Comparison> compare(const Metrics& winner,
                                const std::vector<search::ScoredPredictor>& baselines,
                                const Metric& lead, const Metric& objective);

}  // namespace manygpcm::report
