// Seeded random streams over Philox: what a stream is for is part of its key, so two uses of one
// seed never share numbers and the order in which streams are drawn from never matters.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <span>

namespace manygpcm {

/// What random numbers are drawn for. The values are part of every result: never renumber them.
enum class RandomUse : std::uint32_t {
    initial_weights = 1,
    batch_order = 2,
    dropout = 3,
    folds = 4,
    sampler = 5,
    simulation = 6,
    bootstrap = 7,
    forest = 8,
};

/// An endless sequence of random numbers, fixed by (seed, use, stream). Copyable; a copy continues
/// alike.
class RandomStream {
  public:
    RandomStream(std::uint64_t seed, RandomUse use, std::uint64_t stream = 0);

    std::uint32_t word();                  ///< uniform over all 32-bit words
    double uniform();                      ///< uniform in [0, 1), 53 bits
    double normal();                       ///< standard normal (Box-Muller)
    std::uint64_t below(std::uint64_t n);  ///< uniform in 0..n-1; n > 0
    void shuffle(std::span<int> values);   ///< Fisher-Yates

  private:
    std::array<std::uint32_t, 2> key_;
    std::array<std::uint32_t, 4> counter_;
    std::array<std::uint32_t, 4> words_{};
    int used_ = 4;  // words of words_ already given out
};

/// A key for the kernels' own use of Philox (dropout), fixed by the same three numbers.
std::array<std::uint32_t, 2> random_key(std::uint64_t seed, RandomUse use, std::uint64_t stream);

/// One 64-bit stream number out of several, e.g. (trial, fold, epoch). Different tuples collide
/// only by chance.
std::uint64_t stream_id(std::initializer_list<std::uint64_t> parts);

}  // namespace manygpcm
