// The figures of the report, computed from a study.
#pragma once

#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

#include "manygpcm/search/study.h"

namespace manygpcm {

/// Statistics of the scores of successful trials.
struct ScoreStatistics {
    int total_trials = 0, successful_trials = 0;
    double best = 0, mean = 0;
    double standard_deviation = 0;  ///< sample (n-1)
    int best_trial = 0;             ///< 1-based
    double range = 0;               ///< max - min
    double exploration_ratio = 0;   ///< population standard deviation (n) / range
    double improvement_rate = 0;    ///< mean of the positive differences of the running best
    double percentile_95 = 0;       ///< linear interpolation
};
ScoreStatistics score_statistics(std::span<const double> scores);

/// When the search settled, by the running best of the scores.
struct Convergence {
    int trial = 0;  ///< 1 + first index from which five consecutive differences are all below 0.01
    double final_best = 0;
    double improvement_rate = 0;  ///< mean of all differences of the running best
    double efficiency = 0;        ///< trial / n
};
Convergence convergence(std::span<const double> scores);

struct ParameterFigure {
    std::string name;
    double value = 0;
};

/// Impurity importance of a random forest over the trials, as fractions that sum to 1,
/// sorted down. Empty with fewer than four successful trials.
std::vector<ParameterFigure> parameter_importance(const Space& space, std::span<const Point> points,
                                                  std::span<const double> scores,
                                                  std::uint64_t seed);

/// Pearson r of each parameter (the value itself, also where the search was over its
/// logarithm) with the score, sorted by |r|. Parameters that never varied are left out.
std::vector<ParameterFigure> parameter_correlations(const Space& space,
                                                    std::span<const Point> points,
                                                    std::span<const double> scores);

/// Best parameters that sit on a bound of the space (first or last choice, or within 1% of the
/// range, log for log).
struct Edge {
    std::string name;
    double value = 0;
    bool upper = false;
};
std::vector<Edge> edges(const Space& space, const Point& best);

/// The analysis as JSON, with "schema_version": 1. Its fields are documented in
/// docs/analysis_json.md.
nlohmann::json analyse(const Study& study);

}  // namespace manygpcm
