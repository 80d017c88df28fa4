// Philox words for a block of 16 consecutive counters at once, equal to kernels::philox word by
// word.
#if defined(MANYGPCM_KERNELS_PHILOX_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef MANYGPCM_KERNELS_PHILOX_INL
#undef MANYGPCM_KERNELS_PHILOX_INL
#else
#define MANYGPCM_KERNELS_PHILOX_INL
#endif

#include <hwy/highway.h>

#include "manygpcm/kernels/philox.h"

HWY_BEFORE_NAMESPACE();
namespace manygpcm::kernels::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

constexpr int philox_block = 16;  ///< counters a block

/// High and low halves of the 64-bit products of all lanes with `multiplier`.
template <class D, class V>
HWY_INLINE void multiply_wide(D d, V a, std::uint32_t multiplier, V& high, V& low) {
#if HWY_TARGET == HWY_SCALAR
    const std::uint64_t product = std::uint64_t{multiplier} * hn::GetLane(a);
    high = hn::Set(d, static_cast<std::uint32_t>(product >> 32));
    low = hn::Set(d, static_cast<std::uint32_t>(product));
#else
    const hn::Repartition<std::uint64_t, D> wide;
    const auto m = hn::Set(d, multiplier);
    const auto even = hn::MulEven(a, m);
    const auto odd = hn::MulEven(hn::BitCast(d, hn::ShiftRight<32>(hn::BitCast(wide, a))), m);
    low = hn::OddEven(hn::BitCast(d, hn::ShiftLeft<32>(odd)), hn::BitCast(d, even));
    high = hn::OddEven(hn::BitCast(d, odd), hn::BitCast(d, hn::ShiftRight<32>(even)));
#endif
}

/// The keys of all rounds, each in a whole vector.
template <class D>
struct PhiloxKeys {
    PhiloxKeys(D d, PhiloxKey key) {
        for (int round = 0; round < philox_rounds; ++round) {
            hn::Store(hn::Set(d, key[0]), d, of_round[round][0]);
            hn::Store(hn::Set(d, key[1]), d, of_round[round][1]);
            key[0] += philox_weyl_0;
            key[1] += philox_weyl_1;
        }
    }
    HWY_ALIGN std::uint32_t of_round[philox_rounds][2][hn::MaxLanes(D())];
};

/// Philox's rounds from `first` on of N vectors of counters, lane by lane, in their place. A round
/// waits for the one before: two vectors take hardly longer than one.
template <int first = 0, int N, class D, class V>
HWY_INLINE void philox_lanes(D d, V (&x)[N][4], const PhiloxKeys<D>& keys) {
    for (int round = first; round < philox_rounds; ++round) {
        const auto key0 = hn::Load(d, keys.of_round[round][0]),
                   key1 = hn::Load(d, keys.of_round[round][1]);
        for (int v = 0; v < N; ++v) {
            V high0, low0, high1, low1;
            multiply_wide(d, x[v][0], philox_multiplier_0, high0, low0);
            multiply_wide(d, x[v][2], philox_multiplier_1, high1, low1);
            x[v][0] = hn::Xor(hn::Xor(high1, x[v][1]), key0);
            x[v][1] = low1;
            x[v][2] = hn::Xor(hn::Xor(high0, x[v][3]), key1);
            x[v][3] = low0;
        }
    }
}

using PhiloxLanes = hn::CappedTag<std::uint32_t, philox_block>;

/// words[16 w + i] = word w of philox({first + i, c1, c2, c3}, key), i = 0..15.
HWY_INLINE void philox_words(std::uint32_t first, std::uint32_t c1, std::uint32_t c2,
                             std::uint32_t c3, const PhiloxKeys<PhiloxLanes>& keys,
                             std::uint32_t* HWY_RESTRICT words) {
    const PhiloxLanes d;
    constexpr int lanes = hn::MaxLanes(PhiloxLanes()), n = 2 * lanes <= philox_block ? 2 : 1;
    for (std::uint32_t i = 0; i < philox_block; i += n * lanes) {
        hn::Vec<PhiloxLanes> x[n][4];
        for (int v = 0; v < n; ++v) {
            // Iota of anything but a constant goes through memory, and waits for it.
            x[v][0] = hn::Add(hn::Iota(d, 0),
                              hn::Set(d, first + i + static_cast<std::uint32_t>(v * lanes)));
            x[v][1] = hn::Set(d, c1);
            x[v][2] = hn::Set(d, c2);
            x[v][3] = hn::Set(d, c3);
        }
        philox_lanes(d, x, keys);
        for (int v = 0; v < n; ++v)
            for (int word = 0; word < 4; ++word)
                hn::StoreU(
                    x[v][word], d,
                    words + std::ptrdiff_t{word} * philox_block + i + std::ptrdiff_t{v} * lanes);
    }
}

/// Lanes of T where the 32-bit words are at least `threshold`.
template <class D, class V32>
HWY_INLINE hn::Mask<D> kept(D d, V32 words, std::uint32_t threshold) {
    const hn::Rebind<std::uint32_t, D> d32;
    const hn::Rebind<std::int32_t, D> signed32;
    const auto drop =
        hn::BitCast(signed32, hn::VecFromMask(d32, hn::Lt(words, hn::Set(d32, threshold))));
    if constexpr (sizeof(hn::TFromD<D>) == 4) {
        return hn::Not(hn::MaskFromVec(hn::BitCast(d, drop)));
    } else {
        const hn::Rebind<std::int64_t, D> wide;
        return hn::Not(hn::MaskFromVec(hn::BitCast(d, hn::PromoteTo(wide, drop))));
    }
}

/// Words below this are dropped.
HWY_INLINE std::uint32_t dropout_threshold(double rate) {
    return static_cast<std::uint32_t>(rate * 4294967296.0);
}

}  // namespace manygpcm::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
