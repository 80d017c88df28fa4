// What each parameter, and each two of them, do to the score.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "figures/estimate.h"
#include "manygpcm/engine/stop.h"
#include "manygpcm/engine/work.h"
#include "manygpcm/search/space.h"

namespace manygpcm::report {

/// What a parameter does to the score, as three methods see it.
struct Importance {
    std::string name;
    int trials = 0;  ///< in which it was searched
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
    /// Parameters that no two points have different values of where they are searched: nothing is
    /// told of them, nor of slices and contours over them.
    std::vector<std::string> unvaried;
    std::vector<PairImportance> pairs;  ///< sorted down, the ten largest
    double all_pairs = 0;               ///< fraction of the variance, fANOVA
    double higher_order = 0;            ///< what all parameters and all pairs leave
    std::vector<Slice> slices;          ///< [parameter that varied] in the order of the space
    std::vector<Contour> contours;      ///< of every two of the four most important parameters
};

/// Trials: fewer tell a forest next to nothing.
inline constexpr std::size_t fewest_for_importance = 8;

/// Empty with fewer than fewest_for_importance points, or where all scores are equal. Intervals are
/// the value and 1.96 standard deviations of a bootstrap over the trials (Efron, Tibshirani 1993,
/// chapter 13), cut at 0 and 1.
/// @param points of the space, with every parameter @param scores finite, [point]
/// @param observer  may be empty
/// @throws Interrupted where `stop` is set
Importances importances(const search::Space& space, std::span<const search::Point> points,
                        std::span<const double> scores, std::uint64_t seed, bool minimize = false,
                        StopFlag stop = nullptr, const WorkObserver& observer = {});

}  // namespace manygpcm::report
