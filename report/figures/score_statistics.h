// Statistics of the scores of a search's trials, and when it settled.
#pragma once

#include <span>

namespace manygpcm::report {

/// Statistics of the scores of successful trials. Where scores are minimized, "best" is the lowest,
/// gains are falls.
struct ScoreStatistics {
    int total_trials = 0, successful_trials = 0;
    double best = 0, mean = 0;
    double standard_deviation = 0;  ///< sample (n-1)
    int best_trial = 0;             ///< its number, 1-based
    double range = 0;               ///< max - min
    double exploration_ratio = 0;   ///< standard deviation (over n, not n-1) / range
    double improvement_rate = 0;    ///< mean of the positive differences of the running best
    /// What 5% of the scores are better than, by linear interpolation.
    double percentile_95 = 0;
};
/// Below so many scores the ratio says how many they are (of two it is always 1/2), and none is
/// better than 95% of the others.
inline constexpr int fewest_for_exploration = 10, fewest_for_percentile = 20;

/// @param scores [number of a trial, from 0] NaN where a trial isn't successful
ScoreStatistics score_statistics(std::span<const double> scores, bool minimize = false);

inline constexpr int convergence_window = 5;           ///< differences
inline constexpr double convergence_threshold = 0.01;  ///< of a score of at most 1
inline constexpr double convergence_share = 0.01;      ///< of the range of other scores

/// When the search settled, by the running best of the scores of all trials, in the order asked.
struct Convergence {
    /// 1 + first index from which five consecutive differences (fewer at the end) are all below the
    /// threshold; from the first successful trial on, and the others improve on nothing.
    int trial = 0;
    bool settled = false;  ///< else there is no such index, and the trial is the last but one
    double threshold = 0;
    double final_best = 0;
    double improvement_rate = 0;  ///< mean of all differences of the running best
    double efficiency = 0;        ///< trial / n
};
/// @param scores [number of a trial, from 0] NaN where a trial wasn't trained fully
Convergence convergence(std::span<const double> scores, bool minimize = false,
                        double threshold = convergence_threshold);

}  // namespace manygpcm::report
