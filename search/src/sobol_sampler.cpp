// Sobol search: as even a design of the space as a fixed set of points can be.
#include "sobol_sampler.h"

#include "manygpcm/search/unit_cube.h"

namespace manygpcm {

Point next_feasible(const Space& space, const SobolSequence& sequence, std::uint32_t& next_index) {
    return first_feasible(space, [&] { return point_at(space, sequence.point(next_index++)); });
}

SobolSampler::SobolSampler(const Space& space, std::uint64_t seed)
    : Sampler(space, seed), sequence_(static_cast<int>(space.parameters().size()), seed) {}

Point SobolSampler::propose(RandomStream /*random*/) {
    // Adopted points count as proposed: skip theirs.
    for (; n_proposed_ < asked().size(); ++n_proposed_)
        next_feasible(space(), sequence_, next_index_);
    ++n_proposed_;
    return next_feasible(space(), sequence_, next_index_);
}

}  // namespace manygpcm
