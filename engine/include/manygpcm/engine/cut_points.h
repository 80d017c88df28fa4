// A decision that is fitted: cut points of the expected category, chosen for the highest quadratic
// weighted kappa. A distribution's mode, which metrics are of, is far from it where middle
// categories are rarely the most probable.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace manygpcm {

/// Fits cut points to responses that come in parts: K - 1 ascending values of the expected
/// category, from 0 to K - 1, category k being decided from the k-th on. Found one after the other,
/// from those that round, until none can be moved to a better place; to a thousandth of a category.
class CutPointFit {
  public:
    explicit CutPointFit(int n_categories);

    /// @param probabilities [n x K], rows sum to 1
    /// @param responses [n], 0..K-1
    void add(std::span<const float> probabilities, std::span<const std::int32_t> responses);

    std::vector<double> cut_points() const;

  private:
    int n_categories_;
    std::vector<double> in_bins_;  ///< [bins of the expected category x 3] n, sum, sum of squares
};

/// The category that they make of one distribution of K probabilities.
int decide(std::span<const float> probabilities, std::span<const double> cut_points);

}  // namespace manygpcm
