// Points of a scrambled Sobol sequence, in order, without the infeasible ones.
#pragma once

#include "manygpcm/search/sampler.h"
#include "samplers/new_point.h"
#include "samplers/sobol_sequence.h"

namespace manygpcm::search {

class SobolSampler final : public Sampler {
  public:
    SobolSampler(const Space& space, std::uint64_t seed, const std::vector<Point>& first);

  private:
    Point propose(RandomStream random) override;
    std::optional<Origin> proposed_by() const override { return Origin::chance; }
    Point next();

    SobolSequence sequence_;
    std::uint32_t next_index_ = 0;
    DifferentPoints given_;
};

}  // namespace manygpcm::search
