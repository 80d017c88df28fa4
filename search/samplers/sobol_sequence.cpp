// Sobol's sequence from its direction numbers, and its scrambling.
#include "samplers/sobol_sequence.h"

#include <fmt/format.h>

#include <bit>
#include <stdexcept>

#include "manygpcm/engine/random.h"

namespace manygpcm::search {
namespace {

constexpr int bits = 32;

// Keeps the scrambling's random numbers apart from the samplers' others.
constexpr std::uint64_t scramble_stream = 1;

// A row of the table of Joe and Kuo: a primitive polynomial over GF(2), whose coefficients but the
// first and last are the bits of `a`, and the initial direction numbers, as many as its degree.
struct Polynomial {
    std::uint32_t a;
    std::array<std::uint32_t, 8> m;
};

// Dimensions 2 and up; the first one's direction numbers are all 1.
constexpr std::array<Polynomial, SobolSequence::max_dimensions - 1> polynomials = {{
    // clang-format off
    {0, {1}},
    {1, {1, 3}},
    {1, {1, 3, 1}},
    {2, {1, 1, 1}},
    {1, {1, 1, 3, 3}},
    {4, {1, 3, 5, 13}},
    {2, {1, 1, 5, 5, 17}},
    {4, {1, 1, 5, 5, 5}},
    {7, {1, 1, 7, 11, 19}},
    {11, {1, 1, 5, 1, 1}},
    {13, {1, 1, 1, 3, 11}},
    {14, {1, 3, 5, 5, 31}},
    {1, {1, 3, 3, 9, 7, 49}},
    {13, {1, 1, 1, 15, 21, 21}},
    {16, {1, 3, 1, 13, 27, 49}},
    {19, {1, 1, 1, 15, 7, 5}},
    {22, {1, 3, 1, 15, 13, 25}},
    {25, {1, 1, 5, 5, 19, 61}},
    {1, {1, 3, 7, 11, 23, 15, 103}},
    {4, {1, 3, 7, 13, 13, 15, 69}},
    {7, {1, 1, 3, 13, 7, 35, 63}},
    {8, {1, 3, 5, 9, 1, 25, 53}},
    {14, {1, 3, 1, 13, 9, 35, 107}},
    {19, {1, 3, 1, 5, 27, 61, 31}},
    {21, {1, 1, 5, 11, 19, 41, 61}},
    {28, {1, 3, 5, 3, 3, 13, 69}},
    {31, {1, 1, 7, 13, 1, 19, 1}},
    {32, {1, 3, 7, 5, 13, 19, 59}},
    {37, {1, 1, 3, 9, 25, 29, 41}},
    {41, {1, 3, 5, 13, 23, 1, 55}},
    {42, {1, 3, 7, 3, 13, 59, 17}},
    {50, {1, 3, 1, 3, 5, 53, 69}},
    {55, {1, 1, 5, 5, 23, 33, 13}},
    {56, {1, 1, 7, 7, 1, 61, 123}},
    {59, {1, 1, 7, 9, 13, 61, 49}},
    {62, {1, 3, 3, 5, 3, 55, 33}},
    {14, {1, 3, 1, 15, 31, 13, 49, 245}},
    {21, {1, 3, 5, 15, 31, 59, 63, 97}},
    {22, {1, 3, 1, 11, 11, 11, 77, 249}},
    // clang-format on
}};

using Directions = std::array<std::uint32_t, bits>;

Directions directions_of(int dimension) {
    Directions v{};
    if (dimension == 0) {
        for (int k = 0; k < bits; ++k)
            v[static_cast<std::size_t>(k)] = 1U << (bits - 1 - k);
        return v;
    }
    const auto& [a, m] = polynomials[static_cast<std::size_t>(dimension - 1)];
    std::size_t degree = 0;
    while (degree < m.size() && m[degree] != 0)
        ++degree;
    for (std::size_t k = 0; k < bits; ++k) {
        if (k < degree) {
            v[k] = m[k] << (bits - 1 - k);
            continue;
        }
        v[k] = v[k - degree] ^ (v[k - degree] >> degree);
        for (std::size_t i = 1; i < degree; ++i)
            if ((a >> (degree - 1 - i)) & 1U) v[k] ^= v[k - i];
    }
    return v;
}

// The direction numbers under a random lower triangular matrix over GF(2) with ones on its
// diagonal: each digit is changed by the more significant ones before it.
Directions scrambled(const Directions& directions, RandomStream& random) {
    Directions rows{};
    for (int i = 0; i < bits; ++i) {
        const std::uint32_t diagonal = 1U << (bits - 1 - i);
        const std::uint32_t before = ~(diagonal | (diagonal - 1));
        rows[static_cast<std::size_t>(i)] = (random.word() & before) | diagonal;
    }
    Directions result{};
    for (std::size_t k = 0; k < bits; ++k)
        for (std::size_t i = 0; i < bits; ++i)
            if (std::popcount(rows[i] & directions[k]) % 2 == 1) result[k] |= 1U << (bits - 1 - i);
    return result;
}

}  // namespace

SobolSequence::SobolSequence(int dimensions, std::uint64_t seed) {
    if (dimensions > max_dimensions)
        throw std::invalid_argument(fmt::format("a Sobol sequence of {} dimensions: expected {}",
                                                dimensions, max_dimensions));
    for (int d = 0; d < dimensions; ++d) {
        RandomStream random(seed, RandomUse::sampler,
                            stream_id({scramble_stream, static_cast<std::uint64_t>(d)}));
        Dimension dimension;
        dimension.directions = scrambled(directions_of(d), random);
        dimension.shift = random.word();
        dimensions_.push_back(dimension);
    }
}

std::vector<double> SobolSequence::point(std::uint32_t index) const {
    std::vector<double> u;
    for (const Dimension& dimension : dimensions_) {
        std::uint32_t word = dimension.shift;
        for (std::size_t k = 0; k < bits; ++k)
            if ((index >> k) & 1U) word ^= dimension.directions[k];
        u.push_back((word + 0.5) * 0x1p-32);  // the middle of a cell: never 0 nor 1
    }
    return u;
}

}  // namespace manygpcm::search
