#include "manygpcm/kernels/dropout.h"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "cpu/dropout.cpp"
#include <hwy/foreach_target.h>

#include "cpu/dispatch.h"
#include "cpu/lanes-inl.h"
#include "cpu/philox-inl.h"
#include "work/elements.h"

HWY_BEFORE_NAMESPACE();
namespace manygpcm::kernels::HWY_NAMESPACE {

/// y = or += x keep / (1 - rate), 64 elements for each block of words.
template <class T>
void masked_scale(std::size_t n, const DropoutShape& shape, const DropoutKey& key, const T* x, T* y,
                  Write write) {
    constexpr std::size_t chunk = std::size_t{4} * philox_block;
    const std::uint32_t threshold = dropout_threshold(shape.rate);
    const T scale = static_cast<T>(1 / (1 - shape.rate));
    const PhiloxKeys<PhiloxLanes> keys(PhiloxLanes(), key.key);
    HWY_ALIGN std::uint32_t words[chunk];
    for (std::size_t start = 0; start < n; start += chunk, x += chunk, y += chunk) {
        philox_words(static_cast<std::uint32_t>(start / chunk) * philox_block, 0, shape.use,
                     key.step, keys, words);
        for_lanes<T>(std::min(chunk, n - start), [&](auto d, std::size_t i) {
            const hn::Rebind<std::uint32_t, decltype(d)> d32;
            const auto scaled = hn::IfThenElseZero(kept(d, hn::LoadU(d32, words + i), threshold),
                                                   hn::Mul(hn::LoadU(d, x + i), hn::Set(d, scale)));
            hn::StoreU(write == Write::add ? hn::Add(hn::LoadU(d, y + i), scaled) : scaled, d,
                       y + i);
        });
    }
}

}  // namespace manygpcm::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace manygpcm::kernels {
namespace {

template <class T>
void apply(Rows rows, const DropoutShape& shape, const DropoutKey* keys, PerReplica<const T> x,
           PerReplica<T> y, Write write) {
    for (int r = 0; r < rows.replicas; ++r) {
        const std::size_t n = std::size_t(rows[r]) * shape.width;
        if (keys && shape.rate > 0) {
            MANYGPCM_DISPATCH(masked_scale<T>)(n, shape, keys[r], x[r], y[r], write);
        } else if (write == Write::add) {
            for (std::size_t i = 0; i < n; ++i)
                y[r][i] += x[r][i];
        } else if (x[r] != y[r]) {
            std::copy_n(x[r], n, y[r]);
        }
    }
}

}  // namespace

template <class T>
void compute(const DropoutForward<T>& args) {
    apply(args.rows, args.shape, args.keys, args.x, args.y, Write::replace);
}

template <class T>
void compute(const DropoutBackward<T>& args) {
    apply(args.rows, args.shape, args.keys, args.dy, args.dx, args.write);
}

// 1 an element, its scaling; the random words, most of the time, are integer work.
template <class T>
Work work(const DropoutForward<T>& args) {
    const double n = total(args.rows) * args.shape.width;
    return {.operations = n, .read = n, .written = n};
}

template <class T>
Work work(const DropoutBackward<T>& args) {
    const double n = total(args.rows) * args.shape.width;
    Work work{.operations = n, .read = n};
    return work += gradient(args.write, n);
}

MANYGPCM_INSTANTIATE_CALL(DropoutForward)
MANYGPCM_INSTANTIATE_CALL(DropoutBackward)

}  // namespace manygpcm::kernels
#endif
