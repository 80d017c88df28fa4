// What a trial costs, learnt from some points: to count it takes about a millisecond, and whoever
// looks for the next point asks it of more than a thousand (Snoek et al. 2012, section 3.2).
#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <optional>

#include "manygpcm/search/sampler.h"
#include "samplers/gaussian_process.h"

namespace manygpcm::search {

/// A Gaussian process of the logarithm of the cost.
class CostModel {
  public:
    static constexpr int n_points = 128;  ///< that it learns from, drawn by chance

    CostModel(const Space& space, const PointCost& cost, std::uint64_t seed);

    /// @param x  a point, as encode() has it
    double log_cost(const Eigen::VectorXd& x) const;

  private:
    double mean_ = 0, deviation_ = 0;
    std::optional<GaussianProcess> process_;  // none where all points cost the same
};

}  // namespace manygpcm::search
