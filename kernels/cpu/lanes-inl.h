// Vector loops and functions that the kernels share, compiled once per instruction set (see
// dispatch.h).
#if defined(MANYGPCM_KERNELS_LANES_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef MANYGPCM_KERNELS_LANES_INL
#undef MANYGPCM_KERNELS_LANES_INL
#else
#define MANYGPCM_KERNELS_LANES_INL
#endif

#include <hwy/contrib/math/math-inl.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace manygpcm::kernels::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// body(d, i) for i = 0.. in whole vectors, then one element at a time: every element sees the same
/// arithmetic wherever it stands.
template <class T, class Body>
HWY_INLINE void for_lanes(std::size_t n, Body body) {
    const hn::ScalableTag<T> d;
    const hn::CappedTag<T, 1> one;
    std::size_t i = 0;
    for (; i + hn::Lanes(d) <= n; i += hn::Lanes(d))
        body(d, i);
    for (; i < n; ++i)
        body(one, i);
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

/// e^x, also beyond the range of Highway's own (x <= 104 for float), without overflow to infinity.
template <class D, class V>
HWY_INLINE V exponential(D d, V x) {
    const bool is_float = sizeof(hn::TFromD<D>) == 4;
    return hn::Exp(d, hn::Min(x, hn::Set(d, static_cast<hn::TFromD<D>>(is_float ? 88.0 : 709.0))));
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
