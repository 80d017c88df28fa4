// Sobol search: as even a design of the space as a fixed set of points can be.
#include "samplers/sobol_sampler.h"

#include "manygpcm/search/unit_cube.h"

namespace manygpcm::search {

SobolSampler::SobolSampler(const Space& space, std::uint64_t seed, const std::vector<Point>& first)
    : Sampler(space, seed, first),
      sequence_(static_cast<int>(space.parameters().size()), seed),
      given_(first) {}

Point SobolSampler::next() {
    return given_.next([&] {
        return first_feasible(space(),
                              [&] { return point_at(space(), sequence_.point(next_index_++)); });
    });
}

Point SobolSampler::propose(RandomStream /*random*/) {
    while (given_.size() < asked().size())
        next();  // adopted points count as proposed
    return next();
}

}  // namespace manygpcm::search
