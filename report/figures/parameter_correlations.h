// How the values of each parameter go along with the score.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "figures/estimate.h"
#include "manygpcm/search/space.h"

namespace manygpcm::report {

/// |r| that chance alone stays below in 95% of cases, of so many trials: by Student's t with n - 2
/// degrees of freedom. 1 below three.
double chance_correlation(int trials);

/// How a parameter's value (itself, also where the search was over its logarithm) goes along with
/// the score, over the trials where it was searched.
struct Correlation {
    std::string name;
    int trials = 0;
    /// Intervals by Fisher's z (Fisher 1921; for Spearman's, Bonett and Wright 2000, and none
    /// of so few trials that chance alone makes all ranks agree in more than 5% of cases).
    Estimate pearson, spearman;
    int apart = 0;             ///< trials that hadn't the value that most had
    std::string coded_as_one;  ///< of two words the one that counts 1, the other 0; else empty
};
inline constexpr std::size_t fewest_to_correlate = 4;  ///< trials: three give ±1 all too often

/// Fewest trials apart that a statement rests on: of one or two r is those trials' luck.
inline constexpr int fewest_apart = 3;

/// None for fewer than `fewest_to_correlate`, or where either doesn't vary.
std::optional<Correlation> correlate(std::string name, const std::vector<double>& x,
                                     const std::vector<double>& y);

/// Sorted by Pearson's |r|. Parameters that never varied, have no order or were searched in fewer
/// than `fewest_to_correlate` trials are left out.
std::vector<Correlation> parameter_correlations(const search::Space& space,
                                                std::span<const search::Point> points,
                                                std::span<const double> scores);

}  // namespace manygpcm::report
