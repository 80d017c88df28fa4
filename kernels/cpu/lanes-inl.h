// Vector loops and functions that the kernels share, compiled once per instruction set (see
// dispatch.h).
#if defined(MANYGPCM_KERNELS_LANES_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef MANYGPCM_KERNELS_LANES_INL
#undef MANYGPCM_KERNELS_LANES_INL
#else
#define MANYGPCM_KERNELS_LANES_INL
#endif

#include <hwy/cache_control.h>
#include <hwy/contrib/math/math-inl.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace manygpcm::kernels::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// body(d, i) for i = 0.. in whole vectors, then in narrower ones, down to single elements: every
/// element sees the same arithmetic wherever it stands.
template <class T, class Body>
HWY_INLINE void for_lanes(std::size_t n, Body body) {
    std::size_t i = 0;
    const auto run = [&](auto d) {
        for (; i + hn::Lanes(d) <= n; i += hn::Lanes(d))
            body(d, i);
    };
    constexpr std::size_t lanes = hn::MaxLanes(hn::ScalableTag<T>());
    run(hn::ScalableTag<T>());
    if constexpr (lanes > 8) run(hn::CappedTag<T, 8>());
    if constexpr (lanes > 4) run(hn::CappedTag<T, 4>());
    if constexpr (lanes > 1) run(hn::CappedTag<T, 1>());
}

/// Asks for a row ahead of its use, where the processor's own prefetching misses it: with a row of
/// every sequence in turn, or rows that a product reaches a piece at a time.
template <class T>
HWY_INLINE void prefetch_row(int columns, const T* row) {
    constexpr int line = 64 / sizeof(T);
    for (int j = 0; j < columns; j += line)
        hwy::Prefetch(row + j);
}

/// to[column, row] = from[row, column], in blocks of 4 x 4 as far as there are. The row lengths are
/// elements between the rows of either.
template <class T>
HWY_INLINE void transpose(int rows, int columns, const T* from, std::ptrdiff_t from_row, T* to,
                          std::ptrdiff_t to_row) {
    const auto scalars = [=](int first_row, int first_column, int end_column) {
        for (int c = first_column; c < end_column; ++c)
            for (int r = first_row; r < rows; ++r)
                to[c * to_row + r] = from[r * from_row + c];
    };
#if HWY_TARGET != HWY_SCALAR
    if constexpr (sizeof(T) == 4) {
        const hn::CappedTag<T, 4> d;
        const int whole_rows = rows / 4 * 4, whole_columns = columns / 4 * 4;
        for (int c = 0; c < whole_columns; c += 4)
            for (int r = 0; r < whole_rows; r += 4) {
                const T* const at = from + r * from_row + c;
                const auto x0 = hn::LoadU(d, at), x1 = hn::LoadU(d, at + from_row),
                           x2 = hn::LoadU(d, at + 2 * from_row),
                           x3 = hn::LoadU(d, at + 3 * from_row);
                const auto even01 = hn::InterleaveLower(d, x0, x2),
                           odd01 = hn::InterleaveLower(d, x1, x3),
                           even23 = hn::InterleaveUpper(d, x0, x2),
                           odd23 = hn::InterleaveUpper(d, x1, x3);
                T* const into = to + c * to_row + r;
                hn::StoreU(hn::InterleaveLower(d, even01, odd01), d, into);
                hn::StoreU(hn::InterleaveUpper(d, even01, odd01), d, into + to_row);
                hn::StoreU(hn::InterleaveLower(d, even23, odd23), d, into + 2 * to_row);
                hn::StoreU(hn::InterleaveUpper(d, even23, odd23), d, into + 3 * to_row);
            }
        scalars(whole_rows, 0, whole_columns);
        scalars(0, whole_columns, columns);
        return;
    }
#endif
    scalars(0, 0, columns);
}

/// Sum over i of term(d, i), in an order fixed by n and the vector width.
template <class T, class Term>
HWY_INLINE T sum_lanes(std::size_t n, Term term) {
    const hn::ScalableTag<T> d;
    const hn::CappedTag<T, 1> one;
    auto sum = hn::Zero(d);
    std::size_t i = 0;
    for (; i + hn::Lanes(d) <= n; i += hn::Lanes(d))
        sum = hn::Add(sum, term(d, i));
    T total = hn::GetLane(hn::SumOfLanes(d, sum));
    for (; i < n; ++i)
        total += hn::GetLane(term(one, i));
    return total;
}

template <class T>
HWY_INLINE T dot(std::size_t n, const T* a, const T* b) {
    const hn::ScalableTag<T> d;
    auto sum = hn::Zero(d);
    std::size_t i = 0;
    for (; i + hn::Lanes(d) <= n; i += hn::Lanes(d))
        sum = hn::MulAdd(hn::LoadU(d, a + i), hn::LoadU(d, b + i), sum);
    T total = hn::GetLane(hn::SumOfLanes(d, sum));
    for (; i < n; ++i)
        total += a[i] * b[i];
    return total;
}

/// y += scale x
template <class T>
HWY_INLINE void add_scaled(std::size_t n, T scale, const T* x, T* y) {
    for_lanes<T>(n, [=](auto d, std::size_t i) {
        hn::StoreU(hn::MulAdd(hn::Set(d, scale), hn::LoadU(d, x + i), hn::LoadU(d, y + i)), d,
                   y + i);
    });
}

/// x = e^x for x <= 88; below the smallest normal float it is 0. Of Highway's own a third of the
/// instructions: 2^n (1 + r + r^2 p(r)), where n is rounded by adding a number so large that n ends
/// up in its lowest bits, and the power of two is added to the exponent. The polynomial is that of
/// Cephes' expf (Moshier 1992). Each step waits for the one before, so several vectors go side by
/// side.
template <int N, class D, class V>
HWY_INLINE void float_exponentials(D d, V (&x)[N]) {
    const hn::RebindToSigned<D> integers;
    const auto large = hn::Set(d, 12582912.0f);  // 3 2^22
    V shifted[N], r[N], p[N];
    for (int i = 0; i < N; ++i)
        shifted[i] = hn::MulAdd(x[i], hn::Set(d, 1.44269504f), large);
    // n log 2 in two parts, the first of which has few enough bits to be exact.
    for (int i = 0; i < N; ++i) {
        const auto n = hn::Sub(shifted[i], large);
        r[i] = hn::NegMulAdd(n, hn::Set(d, -2.12194440e-4f),
                             hn::NegMulAdd(n, hn::Set(d, 0.693359375f), x[i]));
        p[i] = hn::Set(d, 1.9875691500e-4f);
    }
    for (const float coefficient :
         {1.3981999507e-3f, 8.3334519073e-3f, 4.1665795894e-2f, 1.6666665459e-1f, 5.0000001201e-1f})
        for (int i = 0; i < N; ++i)
            p[i] = hn::MulAdd(p[i], r[i], hn::Set(d, coefficient));
    for (int i = 0; i < N; ++i) {
        p[i] = hn::Add(hn::MulAdd(hn::Mul(r[i], r[i]), p[i], r[i]), hn::Set(d, 1.0f));
        const auto power = hn::ShiftLeft<23>(hn::BitCast(integers, shifted[i]));
        const auto y = hn::BitCast(d, hn::Add(hn::BitCast(integers, p[i]), power));
        x[i] = hn::IfThenZeroElse(hn::Lt(x[i], hn::Set(d, -87.33654f)), y);
    }
}

/// x = e^x for N vectors of x <= 0.
template <int N, class D, class V>
HWY_INLINE void exponentials_of_negative(D d, V (&x)[N]) {
    if constexpr (sizeof(hn::TFromD<D>) == 4)
        float_exponentials(d, x);
    else
        for (V& each : x)
            each = hn::Exp(d, each);
}

/// The same for every x, also where Highway's own overflows: there it stays finite.
template <int N, class D, class V>
HWY_INLINE void exponentials(D d, V (&x)[N]) {
    constexpr bool is_float = sizeof(hn::TFromD<D>) == 4;
    for (V& each : x)
        each = hn::Min(hn::Set(d, is_float ? 88 : 709), each);
    if constexpr (is_float)
        float_exponentials(d, x);
    else
        for (V& each : x)
            each = hn::Exp(d, each);
}

template <class D, class V>
HWY_INLINE V exponential(D d, V x) {
    V one[] = {x};
    exponentials(d, one);
    return one[0];
}

template <class D, class V>
HWY_INLINE V exponential_of_negative(D d, V x) {
    V one[] = {x};
    exponentials_of_negative(d, one);
    return one[0];
}

/// x times a rational function of x^2, half of the instructions of Highway's own. The coefficients
/// are those of Eigen's ptanh, by its last and so that near 0 the result is x: no part of it is
/// flushed.
template <class D, class V>
HWY_INLINE V tanh(D d, V x) {
    if constexpr (sizeof(hn::TFromD<D>) == 4) {
        const auto end = hn::Set(d, 7.90531110763549805f);  // where the result is 1, rounded
        x = hn::Max(hn::Neg(end), hn::Min(end, x));
        const auto square = hn::Mul(x, x);
        auto p = hn::Set(d, -5.64167624e-14f), q = hn::Set(d, 0.000244866093f);
        for (const float coefficient : {4.08741721e-11f, -1.75837892e-08f, 1.04674992e-05f,
                                        0.00303609832f, 0.130225534f, 1.0f})
            p = hn::MulAdd(p, square, hn::Set(d, coefficient));
        for (const float coefficient : {0.024222764f, 0.463558385f, 1.0f})
            q = hn::MulAdd(q, square, hn::Set(d, coefficient));
        return hn::Div(hn::Mul(x, p), q);
    } else {
        return hn::Tanh(d, x);
    }
}

template <class D, class V>
HWY_INLINE V sigmoid(D d, V x) {
    const auto one = hn::Set(d, 1);
    return hn::Div(one, hn::Add(one, exponential(d, hn::Neg(x))));
}

/// log(1 + e^x)
template <class D, class V>
HWY_INLINE V softplus(D d, V x) {
    return hn::Add(hn::Max(x, hn::Zero(d)), hn::Log1p(d, hn::Exp(d, hn::Neg(hn::Abs(x)))));
}

}  // namespace manygpcm::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
