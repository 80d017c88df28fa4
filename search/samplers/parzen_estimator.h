// A density over the points of a space: a mixture of one kernel around every point seen and a broad
// one over the whole space.
#pragma once

#include <vector>

#include "manygpcm/engine/random.h"
#include "manygpcm/search/space.h"

namespace manygpcm::search {

/// The multivariate Parzen estimator of tree-structured search (Bergstra et al.: "Algorithms for
/// hyper-parameter optimization", NeurIPS 2011; joint over all parameters as in Falkner et al.:
/// "BOHB", ICML 2018; bandwidths and weights as Optuna's TPESampler(multivariate=True)). Along an
/// axis a kernel is a normal distribution cut to [0, 1], its mass gathered in cells where the
/// parameter is an integer or an ordered choice; for a choice of words it prefers the point's word.
/// Where a parameter isn't active in a kernel's point, the kernel is uniform.
class ParzenEstimator {
  public:
    /// @param points settled, oldest first: beyond the last 25 the older count for less
    /// @param space outlives the estimator
    ParzenEstimator(const Space& space, const std::vector<Point>& points);

    /// A settled point drawn from the mixture, feasible or not.
    Point sample(RandomStream& random) const;

    /// Logarithm of the density over the unit cube of the parameters that are active at `point`;
    /// for integers and choices of the mass.
    double log_density(const Point& point) const;

  private:
    struct Kernel {
        double weight;               // they sum to 1
        double bandwidth;            // standard deviation before the cut
        std::vector<double> center;  // [parameters] in the unit cube
        std::vector<bool> uniform;   // [parameters] knows nothing of the parameter
    };
    double sample_axis(std::size_t i, const Kernel& kernel, RandomStream& random) const;
    double density_along(std::size_t i, const Kernel& kernel, double value) const;

    const Space& space_;
    std::vector<Kernel> kernels_;
};

}  // namespace manygpcm::search
