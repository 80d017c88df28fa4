// Points drawn independently and uniformly (in the logarithm where a parameter says so).
// Bergstra, Bengio: "Random search for hyper-parameter optimization", JMLR 2012.
#pragma once

#include "manygpcm/search/sampler.h"

namespace manygpcm::search {

/// A uniform point of the space, feasible and settled.
Point random_point(const Space& space, RandomStream& random);

class RandomSampler final : public Sampler {
  public:
    using Sampler::Sampler;

  private:
    Point propose(RandomStream random) override;
    std::optional<Origin> proposed_by() const override { return Origin::chance; }
};

}  // namespace manygpcm::search
