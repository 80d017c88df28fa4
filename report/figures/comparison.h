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
    Difference score;          ///< by the study's objective
    Difference cross_entropy;  ///< of the probabilities themselves; the lower, the better
};

/// One for each baseline that was scored beside a winner.
std::vector<Comparison> compare(const Metrics& winner,
                                const std::vector<search::ScoredPredictor>& baselines,
                                const Metric& objective);

}  // namespace manygpcm::report
