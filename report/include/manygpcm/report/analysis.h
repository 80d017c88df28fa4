// The figures of the report, computed from a study.
#pragma once

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "manygpcm/search/study.h"

namespace manygpcm::report {

/// Statistics of the scores of successful trials. Where scores are minimized, "best" is the lowest,
/// gains are falls.
struct ScoreStatistics {
    int total_trials = 0, successful_trials = 0;
    double best = 0, mean = 0;
    double standard_deviation = 0;  ///< sample (n-1)
    int best_trial = 0;             ///< its number, 1-based
    double range = 0;               ///< max - min
    double exploration_ratio = 0;   ///< population standard deviation (n) / range
    double improvement_rate = 0;    ///< mean of the positive differences of the running best
    /// What 5% of the scores are better than, by linear interpolation.
    double percentile_95 = 0;
};
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

/// A figure with its 95% interval.
struct Estimate {
    double value = 0, low = 0, high = 0;
};

/// What a parameter does to the score, as three methods see it.
struct Importance {
    std::string name;
    /// fANOVA of a random forest over the space, each parameter as uniform as it is searched:
    /// fraction of the variance that the parameter makes by itself, ..
    Estimate fanova;
    Estimate fanova_total;  ///< .. and with each one of the others
    Estimate ped_anova;     ///< what tells the best tenth of the trials; a fraction of all
    Estimate impurity;      ///< of the forest, as the published report has it; a fraction of all
};
struct PairImportance {
    std::string first, second;
    Estimate fanova;  ///< fraction of the variance beyond what the two make alone
};

/// The forest's mean score over all other parameters.
struct Slice {
    std::string name;
    std::vector<double> values, scores;
};
struct Contour {
    std::string x, y;
    std::vector<double> x_values, y_values;
    std::vector<std::vector<double>> scores;  ///< [y][x]
};

struct Importances {
    std::vector<Importance> parameters;  ///< sorted down by fanova
    std::vector<PairImportance> pairs;   ///< sorted down, the ten largest
    double all_pairs = 0;                ///< fraction of the variance, fANOVA
    double higher_order = 0;             ///< what all parameters and all pairs leave
    std::vector<Slice> slices;           ///< [parameter] in the order of the space
    std::vector<Contour> contours;       ///< of every two of the four most important parameters
};

/// Empty with fewer than four points, or where all scores are equal. Intervals are the value and
/// 1.96 standard deviations of a bootstrap over the trials (Efron, Tibshirani 1993, chapter 13),
/// cut at 0 and 1.
/// @param points of the space, with every parameter @param scores finite, [point]
Importances importances(const search::Space& space, std::span<const search::Point> points,
                        std::span<const double> scores, std::uint64_t seed, bool minimize = false);

/// |r| that chance alone stays below in 95% of cases, of so many trials.
inline double chance_correlation(int trials) {
    return trials > 0 ? std::min(1.0, 2 / std::sqrt(static_cast<double>(trials))) : 1;
}

/// How a parameter's value (itself, also where the search was over its logarithm) goes along with
/// the score, over the trials where it was searched.
struct Correlation {
    std::string name;
    int trials = 0;
    /// Intervals by Fisher's z (Fisher 1921; for Spearman's, Bonett and Wright 2000).
    Estimate pearson, spearman;
};
inline constexpr std::size_t fewest_to_correlate = 4;  ///< trials: three give ±1 all too often

/// None for fewer than `fewest_to_correlate`, or where either doesn't vary.
std::optional<Correlation> correlate(std::string name, const std::vector<double>& x,
                                     const std::vector<double>& y);

/// Sorted by Pearson's |r|. Parameters that never varied, have no order or were searched in fewer
/// than `fewest_to_correlate` trials are left out.
std::vector<Correlation> parameter_correlations(const search::Space& space,
                                                std::span<const search::Point> points,
                                                std::span<const double> scores);

/// The analysis as JSON, with "schema_version": 2. Its fields are documented in
/// docs/analysis_json.md.
nlohmann::json analyse(const search::Study& study);

}  // namespace manygpcm::report
