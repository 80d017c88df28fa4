// A scrambled Sobol sequence: points that fill the cube more evenly than chance, and differently
// for every seed.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

namespace manygpcm::search {

/// Digits of a Sobol sequence are bits of 32-bit words, so it has 2^32 points.
/// Sobol 1967; direction numbers of Joe, Kuo: "Constructing Sobol sequences with better
/// two-dimensional projections", SIAM J. Sci. Comput. 2008 (file new-joe-kuo-6.21201); scrambled by
/// a random lower triangular matrix and a digital shift (Matousek: "On the L2-discrepancy for
/// anchored boxes", J. Complexity 1998), which keeps the balance of every dyadic box and makes
/// every point uniform.
class SobolSequence {
  public:
    static constexpr int max_dimensions = 40;

    /// @throws std::invalid_argument for more than max_dimensions.
    SobolSequence(int dimensions, std::uint64_t seed);

    /// Point number `index`, from 0: [dimensions] coordinates inside (0, 1).
    std::vector<double> point(std::uint32_t index) const;

  private:
    struct Dimension {
        std::array<std::uint32_t, 32> directions;  // scrambled; bit by bit of the index
        std::uint32_t shift;
    };
    std::vector<Dimension> dimensions_;
};

}  // namespace manygpcm::search
