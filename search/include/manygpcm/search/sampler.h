// Ask a sampler for points, tell it their scores.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "manygpcm/search/space.h"

namespace manygpcm {

class Sampler {
  public:
    virtual ~Sampler() = default;
    /// The next `n` points, all feasible.
    virtual std::vector<Point> ask(int n) = 0;
    /// The score (higher is better) of a point asked before.
    virtual void tell(const Point& point, double score) = 0;
};

/// @param name "random". The sequence of points depends on `seed` alone.
/// @throws InputError for an unknown name.
std::unique_ptr<Sampler> make_sampler(std::string_view name, const Space& space,
                                      std::uint64_t seed);

}  // namespace manygpcm
