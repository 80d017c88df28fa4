// Lanes are queries: one vector of consecutive queries of a head meets its keys one after the
// other, so the softmax needs no shuffles and a query's result can't depend on any other. The
// scores of one such block, [keys][lanes], stay in cache; keys after the block's last query are
// never visited.
#include "manygpcm/kernels/attention.h"

#include <algorithm>
#include <cmath>
#include <limits>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "cpu/attention.cpp"
#include <hwy/foreach_target.h>

#include "cpu/attention-inl.h"
#include "cpu/dispatch.h"
#include "cpu/lanes-inl.h"
#include "cpu/scratch.h"
#include "work/attention.h"
#include "work/elements.h"

HWY_BEFORE_NAMESPACE();
namespace manygpcm::kernels::HWY_NAMESPACE {

/// A matrix read one element at a time.
template <class T>
struct Scalars {
    const T* data;
    std::ptrdiff_t row, column;  ///< elements between rows, between columns
};

/// Which terms of a product count: all, or term n in lanes n and later only.
enum class Terms { all, causal };

/// M rows of out (+)= a b, one vector wide. A term that doesn't count is not even multiplied by
/// zero: it may be infinite.
template <Terms which, int M, class D, class T = hn::TFromD<D>>
HWY_INLINE void multiply_rows(D d, int terms, Scalars<T> a, Vectors<const T> b, Vectors<T> out,
                              Write write) {
    hn::Vec<D> sum[M];
    for (int m = 0; m < M; ++m)
        sum[m] = write == Write::add ? hn::LoadU(d, out.data + m * out.row) : hn::Zero(d);
    const auto lane = hn::Iota(d, 0);
#pragma GCC unroll 8
    for (int n = 0; n < terms; ++n) {
        const auto factor = hn::LoadU(d, b.data + n * b.row);
        const auto counts = hn::Ge(lane, hn::Set(d, static_cast<T>(n)));
        for (int m = 0; m < M; ++m) {
            const auto scalar = hn::Set(d, a.data[m * a.row + n * a.column]);
            const auto next = hn::MulAdd(scalar, factor, sum[m]);
            sum[m] = which == Terms::all ? next : hn::IfThenElse(counts, next, sum[m]);
        }
    }
    for (int m = 0; m < M; ++m)
        hn::StoreU(sum[m], d, out.data + m * out.row);
}

/// out [rows, one vector] (+)= a [rows, terms] b [terms, one vector]. A row's sum has the same
/// order whichever rows surround it.
template <Terms which, class D, class T = hn::TFromD<D>>
HWY_INLINE void multiply(D d, int rows, int terms, Scalars<T> a, Vectors<const T> b, Vectors<T> out,
                         Write write) {
    int i = 0;
    const auto next = [&](auto m) {
        constexpr int M = decltype(m)::value;
        for (; i + M <= rows; i += M)
            multiply_rows<which, M>(d, terms, {a.data + i * a.row, a.row, a.column}, b,
                                    {out.data + i * out.row, out.row}, write);
    };
    next(std::integral_constant<int, 8>());
    next(std::integral_constant<int, 4>());
    next(std::integral_constant<int, 1>());
}

/// out [rows, columns] += a [rows, terms] b [terms, columns].
template <class T>
HWY_INLINE void multiply_add(int rows, int columns, int terms, Scalars<T> a, Vectors<const T> b,
                             Vectors<T> out) {
    std::size_t c = 0;
    const auto next = [&](auto d) {
        for (; c + hn::Lanes(d) <= static_cast<std::size_t>(columns); c += hn::Lanes(d))
            multiply<Terms::all>(d, rows, terms, a, {b.data + c, b.row}, {out.data + c, out.row},
                                 Write::add);
    };
    next(hn::ScalableTag<T>());
    next(hn::CappedTag<T, 8>());
    next(hn::CappedTag<T, 4>());
    next(hn::CappedTag<T, 1>());
}

/// The other way: `count` rows from a block [width][lanes].
template <class T>
HWY_INLINE void store_transposed(int count, int width, const T* block, Vectors<T> rows) {
    transpose(width, count, block, query_lanes<T>(), rows.data, rows.row);
}

/// A block's queries, scaled as the scores are.
template <class T>
HWY_INLINE void load_queries(int count, int width, T scale, Vectors<const T> rows, T* block) {
    load_transposed(count, width, rows, block);
    const QueryLanes<T> d;
    for (int c = 0; c < width; ++c, block += hn::Lanes(d))
        hn::StoreU(hn::Mul(hn::Set(d, scale), hn::LoadU(d, block)), d, block);
}

/// One head of one sequence.
template <class T>
struct Head {
    int steps, size;
    Vectors<const T> q, k, v;  ///< [steps, size]
    T scale;                   ///< of the scores
    bool causal;
    const AttentionDropout<QueryWords<T>>* dropout;  ///< null: none
    std::uint32_t counter,
        counter_step;  ///< Philox's second counter for query 0, and from query to query
};

/// One vector of its queries.
struct QueryBlock {
    int first, count;
    int common;  ///< keys that all its queries see
    int keys;    ///< keys that any of them sees; key common + n is seen by queries n and later
};

template <class T>
HWY_INLINE QueryBlock query_block(const Head<T>& head, int first) {
    const int count = std::min(query_lanes<T>(), head.steps - first);
    if (!head.causal) return {first, count, head.steps, head.steps};
    return {first, count, first, first + count};
}

/// factors [keys, rounded up to 8][lanes]: 0 where a probability is dropped.
template <class T>
HWY_INLINE void dropout_factors(const Head<T>& head, const QueryBlock& block, T* factors) {
    const QueryLanes<T> d;
    const AttentionDropout<QueryWords<T>>& dropout = *head.dropout;
    const auto factor = hn::Set(d, static_cast<T>(dropout.factor()));
    const std::uint32_t threshold = dropout.threshold();
    const auto counters =
        dropout.queries(head.counter + head.counter_step * static_cast<std::uint32_t>(block.first),
                        head.counter_step);
    dropout.for_keys(counters, block.keys, [&](int key, auto words) {
        hn::StoreU(hn::IfThenElseZero(kept(d, words, threshold), factor), d,
                   factors + key * hn::Lanes(d));
    });
}

/// scores [keys][lanes] = k q; so far below all others where a query doesn't see a key that its
/// probability is zero.
template <class T>
HWY_INLINE void score(const Head<T>& head, const QueryBlock& block, const T* q, T* scores) {
    const QueryLanes<T> d;
    const std::ptrdiff_t lanes = query_lanes<T>();
    multiply<Terms::all>(d, block.keys, head.size, Scalars<T>{head.k.data, head.k.row, 1},
                         {q, lanes}, {scores, lanes}, Write::replace);
    const auto lane = hn::Iota(d, 0);
    const auto never = hn::Set(d, std::numeric_limits<T>::lowest());
    for (int j = block.common; j < block.keys; ++j) {
        const auto seen = hn::Ge(lane, hn::Set(d, static_cast<T>(j - block.common)));
        T* s = scores + j * lanes;
        hn::StoreU(hn::IfThenElse(seen, hn::LoadU(d, s), never), d, s);
    }
}

/// visit(count, first): four keys at a time and the rest one by one, where `first` is the element
/// of a block [keys][lanes] that the first of them begins with.
template <class T, class Visit>
HWY_INLINE void for_several_keys(int keys, Visit visit) {
    const auto lanes = static_cast<std::size_t>(query_lanes<T>());
    const std::size_t end = static_cast<std::size_t>(keys) * lanes;
    std::size_t first = 0;
    const auto next = [&](auto count) {
        for (; first + count() * lanes <= end; first += count() * lanes)
            visit(count, first);
    };
    next(std::integral_constant<std::size_t, 4>());
    next(std::integral_constant<std::size_t, 1>());
}

/// Scores become probabilities, not yet divided by their sum, dropped out where there are factors.
/// Writes the log of the sum of e^score, and returns the sum's inverse.
template <class T>
HWY_INLINE hn::Vec<QueryLanes<T>> softmax(int keys, const T* factors, T* scores, T* log_sum_exp) {
    const QueryLanes<T> d;
    const std::size_t lanes = hn::Lanes(d), n = static_cast<std::size_t>(keys) * lanes;
    auto largest = hn::LoadU(d, scores), other = largest;  // two, for their latencies
    std::size_t next = lanes;
    for (; next + lanes < n; next += 2 * lanes) {
        largest = hn::Max(largest, hn::LoadU(d, scores + next));
        other = hn::Max(other, hn::LoadU(d, scores + next + lanes));
    }
    if (next < n) largest = hn::Max(largest, hn::LoadU(d, scores + next));
    largest = hn::Max(largest, other);
    auto sum = hn::Zero(d);
    for_several_keys<T>(keys, [&](auto count, std::size_t first) {
        hn::Vec<QueryLanes<T>> p[count()];
        for (std::size_t j = 0; j < count(); ++j)
            p[j] = hn::Sub(hn::LoadU(d, scores + first + j * lanes), largest);
        exponentials_of_negative(d, p);
        for (std::size_t j = 0; j < count(); ++j) {
            const std::size_t i = first + j * lanes;
            sum = hn::Add(sum, p[j]);
            hn::StoreU(factors ? hn::Mul(p[j], hn::LoadU(d, factors + i)) : p[j], d, scores + i);
        }
    });
    hn::StoreU(hn::Add(largest, hn::Log(d, sum)), d, log_sum_exp);
    return hn::Div(hn::Set(d, T{1}), sum);
}

/// Scratch of one block, reused by all.
template <class T>
struct Workspace {
    Workspace(ScratchFrame& frame, int longest, int size, bool dropout) {
        const std::size_t lanes = hn::Lanes(QueryLanes<T>());
        const std::size_t table = (static_cast<std::size_t>(longest) + 7) / 8 * 8 * lanes;
        scores = frame.take<T>(table);
        slopes = frame.take<T>(table);
        factors = dropout ? frame.take<T>(table) : nullptr;
        q = frame.take<T>(static_cast<std::size_t>(size) * lanes);
        out = frame.take<T>(static_cast<std::size_t>(size) * lanes);
        log_sum_exp = frame.take<T>(lanes);
        delta = frame.take<T>(lanes);
    }
    T *scores, *slopes, *factors;  ///< [keys][lanes]
    T *q, *out;                    ///< [size][lanes]: scaled queries; their result or its gradient
    T *log_sum_exp, *delta;        ///< [lanes]
};

template <class T>
void forward_block(const Head<T>& head, int first, const Workspace<T>& w, Vectors<T> y,
                   Vectors<T> log_sum_exp) {
    const QueryLanes<T> d;
    const std::ptrdiff_t lanes = query_lanes<T>();
    const QueryBlock block = query_block(head, first);
    load_queries(block.count, head.size, head.scale, {head.q.data + first * head.q.row, head.q.row},
                 w.q);
    score(head, block, w.q, w.scores);
    if (w.factors) dropout_factors(head, block, w.factors);
    const auto inverse = softmax(block.keys, w.factors, w.scores, w.log_sum_exp);

    const Scalars<T> v{head.v.data, 1, head.v.row};
    multiply<Terms::all>(d, head.size, block.common, v, {w.scores, lanes}, {w.out, lanes},
                         Write::replace);
    multiply<Terms::causal>(d, head.size, block.keys - block.common,
                            {v.data + block.common * v.column, v.row, v.column},
                            {w.scores + block.common * lanes, lanes}, {w.out, lanes}, Write::add);
    for (int c = 0; c < head.size; ++c) {
        T* row = w.out + c * lanes;
        hn::StoreU(hn::Mul(hn::LoadU(d, row), inverse), d, row);
    }
    store_transposed(block.count, head.size, w.out, {y.data + first * y.row, y.row});
    store_transposed(block.count, 1, w.log_sum_exp,
                     {log_sum_exp.data + first * log_sum_exp.row, log_sum_exp.row});
}

/// From scores and dp = v dy: the probabilities as they multiplied v (in `scores`) and the
/// gradients of the scores before scaling, p (dp - dy . y) (in `slopes`).
template <class T>
HWY_INLINE void softmax_backward(int keys, T scale, const Workspace<T>& w) {
    const QueryLanes<T> d;
    const std::size_t lanes = hn::Lanes(d);
    const auto log_sum_exp = hn::LoadU(d, w.log_sum_exp), delta = hn::LoadU(d, w.delta);
    for_several_keys<T>(keys, [&](auto count, std::size_t first) {
        hn::Vec<QueryLanes<T>> p[count()];
        for (std::size_t j = 0; j < count(); ++j)
            p[j] = hn::Sub(hn::LoadU(d, w.scores + first + j * lanes), log_sum_exp);
        exponentials(d, p);
        for (std::size_t j = 0; j < count(); ++j) {
            const std::size_t i = first + j * lanes;
            const auto factor = w.factors ? hn::LoadU(d, w.factors + i) : hn::Set(d, T{1});
            const auto dp = hn::LoadU(d, w.slopes + i);
            const auto slope =
                hn::Mul(hn::Mul(p[j], hn::Set(d, scale)), hn::MulSub(dp, factor, delta));
            hn::StoreU(hn::Mul(p[j], factor), d, w.scores + i);
            hn::StoreU(slope, d, w.slopes + i);
        }
    });
}

/// What the backward pass reads and writes of one head beside its input.
template <class T>
struct HeadGradient {
    Vectors<const T> y, log_sum_exp, dy;
    Vectors<T> dq, dk, dv;
};

template <class T>
void backward_block(const Head<T>& head, int first, const Workspace<T>& w,
                    const HeadGradient<T>& g) {
    const QueryLanes<T> d;
    const std::ptrdiff_t lanes = query_lanes<T>();
    const QueryBlock block = query_block(head, first);
    const auto from = [first](auto rows) {
        rows.data += first * rows.row;
        return rows;
    };
    const Vectors<const T> q = from(head.q), y = from(g.y), dy = from(g.dy);
    load_queries(block.count, head.size, head.scale, q, w.q);
    load_transposed(block.count, head.size, dy, w.out);
    load_transposed(block.count, 1, from(g.log_sum_exp), w.log_sum_exp);
    std::fill_n(w.delta, lanes, T{0});
    for (int i = 0; i < block.count; ++i)
        w.delta[i] = dot(head.size, dy.data + i * dy.row, y.data + i * y.row);

    score(head, block, w.q, w.scores);
    multiply<Terms::all>(d, block.keys, head.size, Scalars<T>{head.v.data, head.v.row, 1},
                         {w.out, lanes}, {w.slopes, lanes}, Write::replace);
    if (w.factors) dropout_factors(head, block, w.factors);
    softmax_backward(block.keys, head.scale, w);

    multiply<Terms::all>(d, head.size, block.keys, Scalars<T>{head.k.data, 1, head.k.row},
                         {w.slopes, lanes}, {w.out, lanes}, Write::replace);
    store_transposed(block.count, head.size, w.out, from(g.dq));
    multiply_add(block.keys, head.size, block.count, Scalars<T>{w.slopes, lanes, 1}, q, g.dk);
    multiply_add(block.keys, head.size, block.count, Scalars<T>{w.scores, lanes, 1}, dy, g.dv);
}

/// visit(head, first step, number) for every head of every sequence.
/// @param known_end of each sequence; null: all of its steps
template <class T, class Visit>
HWY_INLINE void for_heads(int sequences, const AttentionShape& shape, const std::int32_t* offsets,
                          const std::int32_t* known_end,
                          const AttentionDropout<QueryWords<T>>* dropout, const T* qkv,
                          Visit visit) {
    const int size = shape.width / shape.heads;
    const std::ptrdiff_t row = 3 * std::ptrdiff_t{shape.width};
    for (int s = 0; s < sequences; ++s)
        for (int h = 0; h < shape.heads; ++h) {
            const T* q = qkv + offsets[s] * row + h * size;
            const auto heads = static_cast<std::uint32_t>(shape.heads);
            visit(Head<T>{.steps = (known_end ? known_end[s] : offsets[s + 1]) - offsets[s],
                          .size = size,
                          .q = {q, row},
                          .k = {q + shape.width, row},
                          .v = {q + 2 * shape.width, row},
                          .scale = static_cast<T>(1 / std::sqrt(size)),
                          .causal = shape.causal,
                          .dropout = dropout,
                          .counter = static_cast<std::uint32_t>(offsets[s]) * heads +
                                     static_cast<std::uint32_t>(h),
                          .counter_step = heads},
                  offsets[s], h);
        }
}

template <class T>
void forward(int sequences, const AttentionShape& shape, const std::int32_t* offsets,
             const std::int32_t* known_end, const DropoutKey* key, const T* qkv, T* y,
             T* log_sum_exp) {
    ScratchFrame frame;
    const int longest = longest_sequence(sequences, offsets);
    const Workspace<T> w(frame, longest, shape.width / shape.heads, key);
    const auto dropout = attention_dropout<T>(frame, shape, key, longest);
    for (int s = 0; known_end && s < sequences; ++s)
        std::fill(y + std::ptrdiff_t{known_end[s]} * shape.width,
                  y + std::ptrdiff_t{offsets[s + 1]} * shape.width, T{0});
    for_heads(sequences, shape, offsets, known_end, dropout ? &*dropout : nullptr, qkv,
              [&](const Head<T>& head, std::ptrdiff_t start, int h) {
                  for (int first = 0; first < head.steps; first += query_lanes<T>())
                      forward_block(head, first, w,
                                    {y + start * shape.width + h * head.size, shape.width},
                                    {log_sum_exp + start * shape.heads + h, shape.heads});
              });
}

template <class T>
void backward(int sequences, const AttentionShape& shape, const std::int32_t* offsets,
              const DropoutKey* key, const T* qkv, const T* y, const T* log_sum_exp, const T* dy,
              T* dqkv) {
    ScratchFrame frame;
    const int longest = longest_sequence(sequences, offsets);
    const Workspace<T> w(frame, longest, shape.width / shape.heads, key);
    const auto dropout = attention_dropout<T>(frame, shape, key, longest);
    const std::ptrdiff_t row = 3 * std::ptrdiff_t{shape.width};
    std::fill_n(dqkv, offsets[sequences] * row,
                T{0});  // keys and values sum over blocks of queries
    for_heads(sequences, shape, offsets, nullptr, dropout ? &*dropout : nullptr, qkv,
              [&](const Head<T>& head, std::ptrdiff_t start, int h) {
                  const std::ptrdiff_t at = start * shape.width + h * head.size;
                  T* dq = dqkv + start * row + h * head.size;
                  const HeadGradient<T> gradient{
                      {y + at, shape.width},   {log_sum_exp + start * shape.heads + h, shape.heads},
                      {dy + at, shape.width},  {dq, row},
                      {dq + shape.width, row}, {dq + 2 * shape.width, row}};
                  for (int first = 0; first < head.steps; first += query_lanes<T>())
                      backward_block(head, first, w, gradient);
              });
}

}  // namespace manygpcm::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace manygpcm::kernels {

template <class T>
void compute(const AttentionForward<T>& args) {
    const auto& [sequences, steps, shape, offsets, keys, qkv, y, log_sum_exp, known_end] = args;
    for (int r = 0; r < sequences.replicas; ++r)
        MANYGPCM_DISPATCH(forward<T>)
    (sequences[r], shape, offsets[r], known_end[r], replica_key(shape, keys, r), qkv[r], y[r],
     log_sum_exp[r]);
}

template <class T>
void compute(const AttentionBackward<T>& args) {
    const auto& [sequences, steps, shape, offsets, keys, qkv, y, log_sum_exp, dy, dqkv] = args;
    for (int r = 0; r < sequences.replicas; ++r)
        MANYGPCM_DISPATCH(backward<T>)
    (sequences[r], shape, offsets[r], replica_key(shape, keys, r), qkv[r], y[r], log_sum_exp[r],
     dy[r], dqkv[r]);
}

// Only pairs of a query and a key that it may see count: 4 E operations a pair for scores and
// weighted values, and 4 a head (exponential, its argument, sum, dropout's scaling).
template <class T>
Work work(const AttentionForward<T>& args) {
    const int width = args.shape.width, heads = args.shape.heads;
    const double pairs = visible_pairs(args.sequences, args.shape.causal, args.offsets);
    const double n = total(args.steps);
    return {.operations = pairs * (4 * width + 4 * heads),
            .functions = pairs * heads,
            .read = n * 3 * width + total(args.sequences) + args.sequences.replicas,
            .written = n * (width + heads)};
}

// 10 E a pair for the scores anew and the gradients of values, probabilities, queries and keys, and
// 7 a head; 2 E a step for dy . y.
template <class T>
Work work(const AttentionBackward<T>& args) {
    const int width = args.shape.width, heads = args.shape.heads;
    const double pairs = visible_pairs(args.sequences, args.shape.causal, args.offsets);
    const double n = total(args.steps);
    return {.operations = pairs * (10 * width + 7 * heads) + 2 * n * width,
            .functions = pairs * heads,
            .read = n * (5 * width + heads) + total(args.sequences) + args.sequences.replicas,
            .written = n * 3 * width};
}

MANYGPCM_INSTANTIATE_CALL(AttentionForward)
MANYGPCM_INSTANTIATE_CALL(AttentionBackward)

}  // namespace manygpcm::kernels
#endif
