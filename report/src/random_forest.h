// A random forest regressor (Breiman 2001), as far as the importance of its features: 100 trees,
// each grown to the end on a bootstrap sample with every feature a candidate at every split.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace manygpcm {

/// Impurity importance: the variance that splits on a feature remove, as a fraction of all that a
/// tree removes, averaged over the trees. Sums to 1, or is all 0 where no tree could split.
/// @param features [feature][sample]
/// @param targets [sample]
std::vector<double> forest_importance(const std::vector<std::vector<double>>& features,
                                      std::span<const double> targets, std::uint64_t seed);

}  // namespace manygpcm
