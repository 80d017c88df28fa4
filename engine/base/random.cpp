// Random streams over Philox: the key says seed and use, the counter says stream and block.
#include "manygpcm/engine/random.h"

#include <cmath>
#include <numbers>
#include <utility>

#include "manygpcm/kernels/philox.h"

namespace manygpcm {
namespace {

/// The output function of SplitMix64 (Steele, Lea, Flood, OOPSLA 2014): a bijection that mixes all
/// 64 bits.
std::uint64_t mix(std::uint64_t x) {
    x += 0x9E3779B97F4A7C15;
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
    return x ^ (x >> 31);
}

std::uint32_t low_word(std::uint64_t x) {
    return static_cast<std::uint32_t>(x);
}
std::uint32_t high_word(std::uint64_t x) {
    return static_cast<std::uint32_t>(x >> 32);
}

kernels::PhiloxKey make_key(std::initializer_list<std::uint64_t> parts) {
    const std::uint64_t id = stream_id(parts);
    return {low_word(id), high_word(id)};
}

}  // namespace

std::uint64_t stream_id(std::initializer_list<std::uint64_t> parts) {
    std::uint64_t id = parts.size();
    for (const std::uint64_t part : parts)
        id = mix(id + part);
    return id;
}

kernels::PhiloxKey random_key(std::uint64_t seed, RandomUse use, std::uint64_t stream) {
    return make_key({seed, static_cast<std::uint64_t>(use), stream});
}

// The stream is part of the counter, not of the key: two streams of one seed and use can't collide
// at all.
RandomStream::RandomStream(std::uint64_t seed, RandomUse use, std::uint64_t stream)
    : key_(make_key({seed, static_cast<std::uint64_t>(use)})),
      counter_{0, 0, low_word(stream), high_word(stream)} {}

std::uint32_t RandomStream::word() {
    if (used_ == 4) {
        words_ = kernels::philox(counter_, key_);
        if (++counter_[0] == 0) ++counter_[1];
        used_ = 0;
    }
    return words_[static_cast<std::size_t>(used_++)];
}

double RandomStream::uniform() {
    const std::uint64_t high = word() >> 5, low = word() >> 6;  // 27 + 26 bits
    return static_cast<double>((high << 26) | low) * 0x1p-53;
}

double RandomStream::normal() {
    const double radius = std::sqrt(-2.0 * std::log(1.0 - uniform()));  // 1 - u is never 0
    return radius * std::cos(2.0 * std::numbers::pi * uniform());
}

std::uint64_t RandomStream::below(std::uint64_t n) {
    // The first 2^64 mod n values are drawn again: what is left splits evenly among the n residues.
    const std::uint64_t refused = (0 - n) % n;
    std::uint64_t x = 0;
    do {
        const std::uint64_t high = word(), low = word();
        x = (high << 32) | low;
    } while (x < refused);
    return x % n;
}

void RandomStream::shuffle(std::span<int> values) {
    for (std::size_t i = values.size(); i > 1; --i)
        std::swap(values[i - 1], values[below(i)]);
}

}  // namespace manygpcm
