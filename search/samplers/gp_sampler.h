// Bayesian optimization: a Gaussian process of the scores, and the point where improvement is
// expected most.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "manygpcm/search/sampler.h"
#include "samplers/cost_model.h"
#include "samplers/gaussian_process.h"
#include "samplers/latin_hypercube.h"
#include "samplers/new_point.h"

namespace manygpcm::search {

/// A Latin hypercube of 8 points, then the maximum of log expected improvement (Jones et al. 1998;
/// Ament et al. 2023). Integers and ordered choices enter the process as the values that they are
/// rounded to (Garrido-Merchan, Hernandez-Lobato 2020), choices of words as equal or different.
/// Fidelity is an axis of its own: the process learns how scores at few epochs tell of those at
/// most, and improves on the latter. Points pending are believed to score a little less than is
/// predicted (GaussianProcess::believe), points that failed to be as bad as the worst.
/// Of more than 256 observations the better and some of the others are looked at: an ask takes the
/// same time however many there are.
class GpSampler final : public Sampler {
  public:
    static constexpr int n_startup = 8;  ///< points of the Latin hypercube

    /// @param cost  by which the improvement that is expected is divided: of what a second of
    /// training brings (Snoek et al. 2012, section 3.2); empty: all points cost the same
    GpSampler(const Space& space, std::uint64_t seed, const std::vector<Point>& first,
              PointCost cost = {});

  private:
    Point propose(RandomStream random) override;
    std::optional<Origin> proposed_by() const override;

    bool starting() const;  ///< too few scores to learn from

    Point next_startup();

    PointCost cost_;
    std::optional<CostModel> cost_model_;  // of cost_, when it is first needed
    LatinHypercube startup_;
    std::uint32_t next_index_ = 0;
    DifferentPoints startup_given_;
    // Fitted to this many of told(), or to few of them: batches needn't repeat it.
    std::size_t n_fitted_ = 0;
    GpHyperparameters fitted_;
};

}  // namespace manygpcm::search
