// Points drawn independently and uniformly (in the logarithm where a parameter says so).
// Bergstra, Bengio: "Random search for hyper-parameter optimization", JMLR 2012.
#pragma once

#include "manygpcm/engine/random.h"
#include "manygpcm/search/sampler.h"

namespace manygpcm {

class RandomSampler final : public Sampler {
  public:
    RandomSampler(Space space, std::uint64_t seed);
    std::vector<Point> ask(int n) override;
    void tell(const Point& point, double score) override;

  private:
    double draw(const Parameter& parameter);

    Space space_;
    RandomStream random_;
};

}  // namespace manygpcm
