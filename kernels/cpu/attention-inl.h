// What both attentions share: lanes are queries, one vector of consecutive queries of a head, and
// dropout's words are drawn for such a vector and eight keys at a time.
#if defined(MANYGPCM_KERNELS_ATTENTION_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef MANYGPCM_KERNELS_ATTENTION_INL
#undef MANYGPCM_KERNELS_ATTENTION_INL
#else
#define MANYGPCM_KERNELS_ATTENTION_INL
#endif

#include <algorithm>
#include <cmath>
#include <optional>

#include "cpu/lanes-inl.h"
#include "cpu/philox-inl.h"
#include "cpu/scratch.h"
#include "manygpcm/kernels/attention.h"

HWY_BEFORE_NAMESPACE();
namespace manygpcm::kernels::HWY_NAMESPACE {

template <class T>
using QueryLanes = hn::ScalableTag<T>;

template <class T>
using QueryWords = hn::Rebind<std::uint32_t, QueryLanes<T>>;

template <class T>
HWY_INLINE int query_lanes() {
    return static_cast<int>(hn::Lanes(QueryLanes<T>()));
}

HWY_INLINE int longest_sequence(int sequences, const std::int32_t* offsets) {
    int longest = 0;
    for (int s = 0; s < sequences; ++s)
        longest = std::max(longest, offsets[s + 1] - offsets[s]);
    return longest;
}

/// A matrix read or written one vector of a row at a time.
template <class T>
struct Vectors {
    T* data;
    std::ptrdiff_t row;  ///< elements between rows
};

/// Block [width][lanes] from `count` rows; lanes past the last row are zero.
template <class T>
HWY_INLINE void load_transposed(int count, int width, Vectors<const T> rows, T* block) {
    const int lanes = query_lanes<T>();
    if (count < lanes) std::fill_n(block, width * lanes, T{0});
    transpose(count, width, rows.data, rows.row, block, lanes);
}

constexpr int keys_of_words = 8;  ///< on which one Philox counter decides

/// Philox's counters of a replica's queries and keys, {key / 8, query, use, step}. A round changes
/// two of the four words, so that after two of them only one word depends on both: what depends on
/// the keys alone is kept in a table, what on the queries alone in a QueryCounters, and the rounds
/// from the third on are left.
template <class D>
class AttentionDropout {
  public:
    /// @param longest sequence's steps
    AttentionDropout(ScratchFrame& frame, double rate, std::uint32_t use, const DropoutKey& key,
                     int longest)
        : keys_(D(), key.key),
          // Comparing a half at the top of its word needs no masking of the other half.
          threshold_(dropout_threshold(rate) & 0xFFFF0000u) {
        const int groups = (longest + keys_of_words - 1) / keys_of_words;
        of_keys_ = frame.take<OfKeys>(static_cast<std::size_t>(groups));
        PhiloxKey k[3] = {key.key};
        for (int i = 1; i < 3; ++i)
            k[i] = {k[i - 1][0] + philox_weyl_0, k[i - 1][1] + philox_weyl_1};
        const std::uint64_t of_use = std::uint64_t{philox_multiplier_1} * use;
        first_ = high(of_use) ^ k[0][0];
        for (int j = 0; j < groups; ++j) {
            const std::uint64_t a = std::uint64_t{philox_multiplier_0} * unsigned(j);
            const std::uint64_t b =
                std::uint64_t{philox_multiplier_1} * (high(a) ^ key.step ^ k[0][1]);
            const std::uint64_t c =
                std::uint64_t{philox_multiplier_0} * (high(b) ^ low(of_use) ^ k[1][0]);
            of_keys_[j] = {low(a) ^ k[1][1], low(b) ^ k[2][0], high(c) ^ k[2][1], low(c)};
        }
    }

    using V = hn::Vec<D>;
    struct QueryCounters {
        V high, low;  ///< of the product in the second round
    };
    /// Of the queries `first`, `first` + `between`, ..
    HWY_INLINE QueryCounters queries(std::uint32_t first, std::uint32_t between) const {
        const D d;
        const V query = hn::Add(hn::Set(d, first), hn::Mul(hn::Iota(d, 0), hn::Set(d, between)));
        QueryCounters counters;
        multiply_wide(d, hn::Xor(query, hn::Set(d, first_)), philox_multiplier_0, counters.high,
                      counters.low);
        return counters;
    }

    /// body(key, words) for every key of `keys`: words below threshold() drop the key.
    template <class Body>
    HWY_INLINE void for_keys(const QueryCounters& queries, int keys, Body body) const {
        int group = 0;
        const auto draw = [&](auto n) {
            const D d;
            V words[n()][4];
            for (int v = 0; v < n(); ++v) {
                const OfKeys& of = of_keys_[group + v];
                V high, low;
                multiply_wide(d, hn::Xor(queries.high, hn::Set(d, of.third)), philox_multiplier_1,
                              high, low);
                words[v][0] = hn::Xor(high, hn::Set(d, of.first_next));
                words[v][1] = low;
                words[v][2] = hn::Xor(queries.low, hn::Set(d, of.third_next));
                words[v][3] = hn::Set(d, of.fourth_next);
            }
            philox_lanes<3>(d, words, keys_);
            for (int v = 0; v < n(); ++v)
                for (int word = 0; word < 4; ++word) {
                    const int key = (group + v) * keys_of_words + 2 * word;
                    body(key, hn::ShiftLeft<16>(words[v][word]));
                    body(key + 1, words[v][word]);
                }
            group += n();
        };
        while (group * keys_of_words + keys_of_words < keys)
            draw(std::integral_constant<int, 2>());
        if (group * keys_of_words < keys) draw(std::integral_constant<int, 1>());
    }

    std::uint32_t threshold() const { return threshold_; }
    /// What is kept is multiplied by: the inverse of the part that is kept, which the threshold's
    /// 16 bits decide and not the rate itself.
    double factor() const { return 4294967296.0 / (4294967296.0 - threshold_); }

  private:
    static std::uint32_t high(std::uint64_t x) { return static_cast<std::uint32_t>(x >> 32); }
    static std::uint32_t low(std::uint64_t x) { return static_cast<std::uint32_t>(x); }

    /// What words of the counter are combined with in rounds two and three.
    struct OfKeys {
        std::uint32_t third, first_next, third_next, fourth_next;
    };
    PhiloxKeys<D> keys_;
    std::uint32_t threshold_, first_;
    OfKeys* of_keys_;
};

/// @param key null: no dropout
template <class T>
HWY_INLINE std::optional<AttentionDropout<QueryWords<T>>> attention_dropout(
    ScratchFrame& frame, const AttentionShape& shape, const DropoutKey* key, int longest) {
    std::optional<AttentionDropout<QueryWords<T>>> dropout;
    if (key) dropout.emplace(frame, shape.dropout_rate, shape.dropout_use, *key, longest);
    return dropout;
}

}  // namespace manygpcm::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
