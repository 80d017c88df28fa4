// Points to begin a search with: each parameter's values spread evenly, those of any two by chance.
#pragma once

#include <cstdint>
#include <vector>

namespace manygpcm::search {

/// Blocks of `size` points. Within a block every coordinate has one value in each of `size` equal
/// parts of [0, 1), in an order of its own (McKay, Beckman, Conover 1979). So few points of a Sobol
/// sequence are spread as evenly, but by one order for several coordinates: what such parameters do
/// to the score couldn't be told apart.
class LatinHypercube {
  public:
    LatinHypercube(int dimensions, int size, std::uint64_t seed)
        : dimensions_(dimensions), size_(size), seed_(seed) {}

    /// Point number `index`, from 0: [dimensions] coordinates in [0, 1).
    std::vector<double> point(std::uint32_t index) const;

  private:
    int dimensions_, size_;
    std::uint64_t seed_;
};

}  // namespace manygpcm::search
