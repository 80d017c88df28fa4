// PED-ANOVA: which parameters tell the best trials from all of them. Watanabe, Bansal, Hutter:
// "PED-ANOVA: efficiently quantifying hyperparameter importance in arbitrary subspaces", IJCAI
// 2023, eq. 16 with gamma' = 1.
#pragma once

#include <span>
#include <vector>

namespace manygpcm::report {

/// One parameter of all trials.
struct Coordinate {
    std::vector<double> values;  ///< [trial] in [0, 1]; a level lies in the middle of its cell
    int levels = 0;              ///< 0: continuous, looked at on a grid of 50 points
    bool ordered = true;         ///< whether neighbouring levels are alike
};

/// The share of trials that count as the best.
inline constexpr double top_share = 0.1;

/// Pearson divergence of the best trials' density from that of all trials, parameter by parameter,
/// as fractions of the sum. Densities are mixtures of a kernel for every trial, its width by
/// Scott's rule (Scott 1992), and one wide one. All 0 where the densities agree.
/// @param scores [trial], higher is better
/// @param trials numbers of the trials to look at, repeated ones counting as often. The best are
///   `top_share` of them, at least two, and those equal to the last of them.
std::vector<double> ped_anova(std::span<const Coordinate> coordinates,
                              std::span<const double> scores, std::span<const int> trials);

}  // namespace manygpcm::report
