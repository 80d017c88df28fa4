// As in attention.cpp lanes are queries. Of its keys a block of queries needs only how many have
// each response, which is counted once for all heads, and how many of them dropout drops.
#include "manygpcm/kernels/response_attention.h"

#include <algorithm>
#include <cmath>
#include <limits>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "cpu/response_attention.cpp"
#include <hwy/foreach_target.h>

#include "cpu/attention-inl.h"
#include "cpu/dispatch.h"
#include "cpu/lanes-inl.h"
#include "cpu/scratch.h"
#include "work/attention.h"
#include "work/elements.h"

#ifndef MANYGPCM_RESPONSE_ATTENTION_ARGUMENTS
#define MANYGPCM_RESPONSE_ATTENTION_ARGUMENTS
namespace manygpcm::kernels {

/// One replica's arrays, as plain pointers.
template <class T>
struct ResponseAttention {
    AttentionShape shape;
    int sequences, categories;
    const std::int32_t *offsets, *known_end, *response;
    const T* qkv;

    int size() const { return shape.width / shape.heads; }
    T scale() const { return static_cast<T>(1 / std::sqrt(size())); }
    /// Queries, keys or values of a head: rows of all categories.
    std::ptrdiff_t row() const { return 3 * std::ptrdiff_t{shape.width}; }
    std::ptrdiff_t queries(int head) const { return std::ptrdiff_t{head} * size(); }
    std::ptrdiff_t keys(int head) const { return shape.width + queries(head); }
    std::ptrdiff_t values(int head) const {
        return 2 * std::ptrdiff_t{shape.width} + queries(head);
    }
};

}  // namespace manygpcm::kernels
#endif

HWY_BEFORE_NAMESPACE();
namespace manygpcm::kernels::HWY_NAMESPACE {

/// One vector of a sequence's queries.
struct ResponseQueries {
    int begin;         ///< the sequence's first step
    int first, count;  ///< in the sequence
    int keys;          ///< that any of them sees

    int step(int lane) const { return begin + first + std::min(lane, count - 1); }
};

/// What is known of a block of queries; all [categories][lanes] but scores.
template <class T>
struct ResponseTables {
    ResponseTables(ScratchFrame& frame, const ResponseAttention<T>& a) {
        const std::size_t table = std::size_t(a.categories) * hn::Lanes(QueryLanes<T>());
        running = frame.take<int>(std::size_t(a.categories));
        scores = frame.take<T>(std::size_t(a.shape.heads) * a.categories * a.categories);
        seen = frame.take<T>(table);
        kept = frame.take<T>(table);
        probability = frame.take<T>(table);
        dropped = frame.take<std::int32_t>(table);
    }

    int* running;    ///< [categories] keys before the next block
    T* scores;       ///< [heads][queries' categories][keys' categories]
    T *seen, *kept;  ///< how many keys; what they weigh after dropout
    T* probability;  ///< of one key
    std::int32_t* dropped;
};

template <class T>
void score_responses(const ResponseAttention<T>& a, T* scores) {
    for (int h = 0; h < a.shape.heads; ++h)
        for (int query = 0; query < a.categories; ++query)
            for (int key = 0; key < a.categories; ++key)
                *scores++ = a.scale() * dot(a.size(), a.qkv + query * a.row() + a.queries(h),
                                            a.qkv + key * a.row() + a.keys(h));
}

/// body(queries) for every block of queries; `tables.seen` is what it sees.
template <class T, class Body>
HWY_INLINE void for_query_blocks(const ResponseAttention<T>& a, const ResponseTables<T>& tables,
                                 Body body) {
    const QueryLanes<T> d;
    const int lanes = query_lanes<T>();
    for (int s = 0; s < a.sequences; ++s) {
        const int begin = a.offsets[s];
        const int steps = (a.known_end ? a.known_end[s] : a.offsets[s + 1]) - begin;
        std::fill_n(tables.running, a.categories, 0);
        for (int t = 0; !a.shape.causal && t < steps; ++t)
            ++tables.running[a.response[begin + t]];
        for (int first = 0; first < steps; first += lanes) {
            const int count = std::min(lanes, steps - first);
            for (int b = 0; b < a.categories; ++b)
                hn::StoreU(hn::Set(d, static_cast<T>(tables.running[b])), d,
                           tables.seen + b * lanes);
            for (int i = 0; a.shape.causal && i < count; ++i) {
                const std::int32_t response = a.response[begin + first + i];
                ++tables.running[response];
                T* const seen = tables.seen + response * lanes;
                const auto from_i = hn::Ge(hn::Iota(d, 0), hn::Set(d, static_cast<T>(i)));
                hn::StoreU(
                    hn::Add(hn::LoadU(d, seen), hn::IfThenElseZero(from_i, hn::Set(d, T{1}))), d,
                    seen);
            }
            body(ResponseQueries{begin, first, count, a.shape.causal ? first + count : steps});
        }
    }
}

/// `tables.kept` of a head: what dropout leaves of the keys that are seen, by dropout's factor.
template <class T>
HWY_INLINE void weigh_kept(const ResponseAttention<T>& a, const ResponseQueries& queries, int head,
                           const AttentionDropout<QueryWords<T>>& dropout,
                           const ResponseTables<T>& tables) {
    const QueryWords<T> d32;
    const hn::RebindToSigned<decltype(d32)> signed32;
    const int lanes = query_lanes<T>();
    std::fill_n(tables.dropped, a.categories * lanes, 0);
    const auto heads = static_cast<std::uint32_t>(a.shape.heads);
    const auto counters =
        dropout.queries(static_cast<std::uint32_t>(queries.begin + queries.first) * heads +
                            static_cast<std::uint32_t>(head),
                        heads);
    const std::int32_t* const response = a.response + queries.begin;
    const auto threshold = hn::Set(d32, dropout.threshold());
    const auto lane = hn::Iota(signed32, 0);
    const int all_see = a.shape.causal ? queries.first : queries.keys;
    dropout.for_keys(counters, queries.keys, [&](int key, auto words) {
        if (key >= queries.keys) return;
        auto drop = hn::BitCast(signed32, hn::VecFromMask(d32, hn::Lt(words, threshold)));
        if (key > all_see)
            drop = hn::And(drop, hn::VecFromMask(
                                     signed32, hn::Gt(lane, hn::Set(signed32, key - all_see - 1))));
        std::int32_t* const count = tables.dropped + response[key] * lanes;
        hn::StoreU(hn::Sub(hn::LoadU(signed32, count), drop), signed32, count);
    });
    const T factor = static_cast<T>(dropout.factor());
    for (int i = 0; i < a.categories * lanes; ++i)
        tables.kept[i] = factor * (tables.seen[i] - static_cast<T>(tables.dropped[i]));
}

/// `tables.probability` of a head.
template <class T>
HWY_INLINE void response_softmax(const ResponseAttention<T>& a, const ResponseQueries& queries,
                                 int head, const ResponseTables<T>& tables) {
    const QueryLanes<T> d;
    const int lanes = query_lanes<T>(), n = a.categories;
    const T* const scores = tables.scores + std::ptrdiff_t{head} * n * n;
    for (int i = 0; i < lanes; ++i) {
        const T* const row = scores + std::ptrdiff_t{a.response[queries.step(i)]} * n;
        for (int b = 0; b < n; ++b)
            tables.probability[b * lanes + i] = row[b];
    }
    const auto sees = [&](int b) {
        return hn::Gt(hn::LoadU(d, tables.seen + b * lanes), hn::Zero(d));
    };
    auto largest = hn::Set(d, std::numeric_limits<T>::lowest());
    for (int b = 0; b < n; ++b)
        largest = hn::IfThenElse(
            sees(b), hn::Max(largest, hn::LoadU(d, tables.probability + b * lanes)), largest);
    auto sum = hn::Zero(d);
    for (int b = 0; b < n; ++b) {
        T* const p = tables.probability + b * lanes;
        const auto e = hn::IfThenElseZero(
            sees(b), exponential_of_negative(d, hn::Sub(hn::LoadU(d, p), largest)));
        sum = hn::MulAdd(hn::LoadU(d, tables.seen + b * lanes), e, sum);
        hn::StoreU(e, d, p);
    }
    const auto inverse = hn::Div(hn::Set(d, T{1}), sum);
    for (int b = 0; b < n; ++b) {
        T* const p = tables.probability + b * lanes;
        hn::StoreU(hn::Mul(hn::LoadU(d, p), inverse), d, p);
    }
}

/// Where a block's part of what the backward pass is left begins, [categories][count].
template <class T>
HWY_INLINE std::ptrdiff_t kept_at(const ResponseAttention<T>& a, const ResponseQueries& queries,
                                  int head) {
    return (std::ptrdiff_t{queries.begin + queries.first} * a.shape.heads +
            std::ptrdiff_t{head} * queries.count) *
           a.categories;
}

template <class T>
void response_forward(const ResponseAttention<T>& a, const DropoutKey* key, T* kept, T* y) {
    ScratchFrame frame;
    const QueryLanes<T> d;
    const int lanes = query_lanes<T>(), size = a.size(), width = a.shape.width;
    const ResponseTables<T> tables(frame, a);
    const auto dropout =
        attention_dropout<T>(frame, a.shape, key, longest_sequence(a.sequences, a.offsets));
    score_responses(a, tables.scores);
    for (int s = 0; a.known_end && s < a.sequences; ++s)
        std::fill(y + std::ptrdiff_t{a.known_end[s]} * width,
                  y + std::ptrdiff_t{a.offsets[s + 1]} * width, T{0});
    for_query_blocks(a, tables, [&](const ResponseQueries& queries) {
        for (int h = 0; h < a.shape.heads; ++h) {
            if (dropout)
                weigh_kept(a, queries, h, *dropout, tables);
            else
                std::copy_n(tables.seen, a.categories * lanes, tables.kept);
            if (kept) {
                T* const to = kept + kept_at(a, queries, h);
                for (int b = 0; b < a.categories; ++b)
                    std::copy_n(tables.kept + b * lanes, queries.count, to + b * queries.count);
            }
            response_softmax(a, queries, h, tables);
            for (int b = 0; b < a.categories; ++b) {
                T* const p = tables.probability + b * lanes;
                hn::StoreU(hn::Mul(hn::LoadU(d, p), hn::LoadU(d, tables.kept + b * lanes)), d, p);
            }
            for (int i = 0; i < queries.count; ++i) {
                T* const to = y + std::ptrdiff_t{queries.step(i)} * width + a.queries(h);
                const T* const v = a.qkv + a.values(h);
                for_lanes<T>(size, [&](auto part, std::size_t c) {
                    auto sum = hn::Zero(part);
                    for (int b = 0; b < a.categories; ++b)
                        sum = hn::MulAdd(hn::Set(part, tables.probability[b * lanes + i]),
                                         hn::LoadU(part, v + b * a.row() + c), sum);
                    hn::StoreU(sum, part, to + c);
                });
            }
        }
    });
}

/// With p the probability of one key, dp = v dy and a weight w = kept p: y = sum w v, so dv sums
/// w dy, and the score of a query's and a key's responses has the gradient w dp - seen p (dy . y).
template <class T>
void response_backward(const ResponseAttention<T>& a, const T* kept, const T* dy, T* dqkv) {
    ScratchFrame frame;
    const QueryLanes<T> d;
    const int lanes = query_lanes<T>(), n = a.categories, size = a.size(), heads = a.shape.heads;
    const ResponseTables<T> tables(frame, a);
    T* const dy_block = frame.take<T>(std::size_t(size) * lanes);
    T* const dp = frame.take<T>(std::size_t(n) * lanes);
    const std::size_t all_slopes = std::size_t(heads) * n * n;
    T* const slopes = frame.take<T>(all_slopes);  // of the scores
    score_responses(a, tables.scores);
    std::fill_n(slopes, all_slopes, T{0});
    std::fill_n(dqkv, n * a.row(), T{0});
    for_query_blocks(a, tables, [&](const ResponseQueries& queries) {
        for (int h = 0; h < heads; ++h) {
            const Vectors<const T> dy_rows{
                dy + std::ptrdiff_t{queries.step(0)} * a.shape.width + a.queries(h), a.shape.width};
            const T* const from = kept + kept_at(a, queries, h);
            std::fill_n(tables.kept, n * lanes, T{0});
            for (int b = 0; b < n; ++b)
                std::copy_n(from + b * queries.count, queries.count, tables.kept + b * lanes);
            response_softmax(a, queries, h, tables);
            load_transposed(queries.count, size, dy_rows, dy_block);

            auto delta = hn::Zero(d);
            for (int b = 0; b < n; ++b) {
                const T* const v = a.qkv + b * a.row() + a.values(h);
                auto sum = hn::Zero(d);
                for (int c = 0; c < size; ++c)
                    sum = hn::MulAdd(hn::Set(d, v[c]), hn::LoadU(d, dy_block + c * lanes), sum);
                T* const weight = tables.kept + b * lanes;
                const auto w =
                    hn::Mul(hn::LoadU(d, weight), hn::LoadU(d, tables.probability + b * lanes));
                hn::StoreU(w, d, weight);
                hn::StoreU(sum, d, dp + b * lanes);
                delta = hn::MulAdd(w, sum, delta);
            }
            for (int b = 0; b < n; ++b) {
                const auto all = hn::Mul(hn::LoadU(d, tables.seen + b * lanes),
                                         hn::LoadU(d, tables.probability + b * lanes));
                const auto w = hn::LoadU(d, tables.kept + b * lanes);
                T* const slope = dp + b * lanes;
                hn::StoreU(hn::NegMulAdd(all, delta, hn::Mul(w, hn::LoadU(d, slope))), d, slope);
            }
            for (int i = 0; i < queries.count; ++i) {
                T* const of_query =
                    slopes + (std::ptrdiff_t{h} * n + a.response[queries.step(i)]) * n;
                for (int b = 0; b < n; ++b)
                    of_query[b] += dp[b * lanes + i];
            }
            for (int b = 0; b < n; ++b) {
                T* const dv = dqkv + b * a.row() + a.values(h);
                for_lanes<T>(size, [&](auto part, std::size_t c) {
                    auto sum = hn::LoadU(part, dv + c);
                    for (int i = 0; i < queries.count; ++i)
                        sum = hn::MulAdd(hn::Set(part, tables.kept[b * lanes + i]),
                                         hn::LoadU(part, dy_rows.data + i * dy_rows.row + c), sum);
                    hn::StoreU(sum, part, dv + c);
                });
            }
        }
    });
    for (int h = 0; h < heads; ++h)
        for (int query = 0; query < n; ++query)
            for (int key = 0; key < n; ++key) {
                const T slope = a.scale() * slopes[(std::ptrdiff_t{h} * n + query) * n + key];
                const std::ptrdiff_t q = query * a.row() + a.queries(h),
                                     k = key * a.row() + a.keys(h);
                add_scaled<T>(size, slope, a.qkv + k, dqkv + q);
                add_scaled<T>(size, slope, a.qkv + q, dqkv + k);
            }
}

}  // namespace manygpcm::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace manygpcm::kernels {

template <class T>
void compute(const ResponseAttentionForward<T>& args) {
    for (int r = 0; r < args.sequences.replicas; ++r)
        MANYGPCM_DISPATCH(response_forward<T>)
    ({args.shape, args.sequences[r], args.categories, args.offsets[r], args.known_end[r],
      args.response[r], args.qkv[r]},
     replica_key(args.shape, args.keys, r), args.kept[r], args.y[r]);
}

template <class T>
void compute(const ResponseAttentionBackward<T>& args) {
    for (int r = 0; r < args.sequences.replicas; ++r)
        MANYGPCM_DISPATCH(response_backward<T>)
    ({args.shape, args.sequences[r], args.categories, args.offsets[r], nullptr, args.response[r],
      args.qkv[r]},
     args.kept[r], args.dy[r], args.dqkv[r]);
}

// A query and a response count 2 E for the weighted values and, a head, 6 for the softmax; with
// dropout every pair of a query and a key that it may see counts one a head.
template <class T>
Work work(const ResponseAttentionForward<T>& args) {
    const int width = args.shape.width, heads = args.shape.heads;
    const double n = total(args.steps), terms = n * args.categories;
    const double table = product(args.sequences.replicas, args.categories);
    const bool dropout = args.keys && args.shape.dropout_rate > 0;
    return {.operations =
                terms * (2 * width + 6 * heads) + table * args.categories * 2 * width +
                dropout * heads * visible_pairs(args.sequences, args.shape.causal, args.offsets),
            .functions = terms * heads,
            .read = n + table * 3 * width + total(args.sequences) + args.sequences.replicas,
            .written = n * width + present(args.kept, terms * heads)};
}

// 4 E for the gradients of values and probabilities and, a head, 12 for the softmax and its own.
template <class T>
Work work(const ResponseAttentionBackward<T>& args) {
    const int width = args.shape.width, heads = args.shape.heads;
    const double n = total(args.steps), terms = n * args.categories;
    const double table = product(args.sequences.replicas, args.categories);
    return {.operations = terms * (4 * width + 12 * heads) + table * args.categories * 6 * width,
            .functions = terms * heads,
            .read = n * (1 + width) + terms * heads + table * 3 * width + total(args.sequences) +
                    args.sequences.replicas,
            .written = table * 3 * width};
}

MANYGPCM_INSTANTIATE_CALL(ResponseAttentionForward)
MANYGPCM_INSTANTIATE_CALL(ResponseAttentionBackward)

}  // namespace manygpcm::kernels
#endif
