// Tree-structured Parzen estimation: tries what is more likely among the good points than among the
// others.
#pragma once

#include "manygpcm/search/sampler.h"

namespace manygpcm::search {

/// Bergstra et al. 2011, sections 4 and 5, multivariate (Falkner et al. 2018), with Optuna's
/// settings: 10 random points first, the best tenth and at most 25 are good, 24 candidates. Points
/// pending and points that failed count among the others (a constant liar), so what is asked at
/// once is spread out. Of several fidelities it believes the highest that has 10 scores, as BOHB.
class TpeSampler final : public Sampler {
  public:
    static constexpr int n_startup = 10;  ///< random points

    using Sampler::Sampler;

  private:
    Point propose(RandomStream random) override;
    std::optional<Origin> proposed_by() const override;
};

}  // namespace manygpcm::search
