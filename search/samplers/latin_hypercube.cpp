// Every coordinate's order is drawn from the seed, the block and the coordinate alone.
#include "samplers/latin_hypercube.h"

#include <numeric>

#include "manygpcm/engine/random.h"

namespace manygpcm::search {
namespace {

// Keeps its random numbers apart from the samplers' others.
constexpr std::uint64_t latin_hypercube_stream = 2;

}  // namespace

std::vector<double> LatinHypercube::point(std::uint32_t index) const {
    const auto size = static_cast<std::uint32_t>(size_);
    const std::uint32_t block = index / size;
    std::vector<double> u;
    for (int d = 0; d < dimensions_; ++d) {
        RandomStream random(
            seed_, RandomUse::sampler,
            stream_id({latin_hypercube_stream, block, static_cast<std::uint64_t>(d)}));
        std::vector<int> part(size);
        std::iota(part.begin(), part.end(), 0);
        random.shuffle(part);
        std::vector<double> within(size);
        for (double& one : within)
            one = random.uniform();
        u.push_back((part[index % size] + within[index % size]) / size_);
    }
    return u;
}

}  // namespace manygpcm::search
