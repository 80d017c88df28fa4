#include "manygpcm/kernels/gate_mix.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "cpu/gate_mix.cpp"
#include <hwy/foreach_target.h>

#include "cpu/dispatch.h"
#include "cpu/lanes-inl.h"
#include "work/elements.h"

HWY_BEFORE_NAMESPACE();
namespace manygpcm::kernels::HWY_NAMESPACE {

template <class T>
void mix_forward(std::size_t n, const T* g, const T* a, const T* b, T* y) {
    for_lanes<T>(n, [=](auto d, std::size_t i) {
        const auto base = hn::LoadU(d, b + i);
        hn::StoreU(hn::MulAdd(hn::LoadU(d, g + i), hn::Sub(hn::LoadU(d, a + i), base), base), d,
                   y + i);
    });
}

template <class T>
void mix_backward(std::size_t n, const T* g, const T* a, const T* b, const T* dy, T* dg, T* da,
                  T* db, Write db_write) {
    for_lanes<T>(n, [=](auto d, std::size_t i) {
        const auto gate = hn::LoadU(d, g + i), grad = hn::LoadU(d, dy + i);
        const auto to_a = hn::Mul(grad, gate), to_b = hn::Sub(grad, to_a);
        hn::StoreU(hn::Mul(grad, hn::Sub(hn::LoadU(d, a + i), hn::LoadU(d, b + i))), d, dg + i);
        hn::StoreU(to_a, d, da + i);
        hn::StoreU(db_write == Write::add ? hn::Add(hn::LoadU(d, db + i), to_b) : to_b, d, db + i);
    });
}

}  // namespace manygpcm::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace manygpcm::kernels {

template <class T>
void compute(const GateMixForward<T>& args) {
    const auto& [rows, width, g, a, b, y] = args;
    for (int r = 0; r < rows.replicas; ++r)
        MANYGPCM_DISPATCH(mix_forward<T>)(std::size_t(rows[r]) * width, g[r], a[r], b[r], y[r]);
}

template <class T>
void compute(const GateMixBackward<T>& args) {
    const auto& [rows, width, g, a, b, dy, dg, da, db, db_write] = args;
    for (int r = 0; r < rows.replicas; ++r)
        MANYGPCM_DISPATCH(mix_backward<T>)
    (std::size_t(rows[r]) * width, g[r], a[r], b[r], dy[r], dg[r], da[r], db[r], db_write);
}

template <class T>
Work work(const GateMixForward<T>& args) {
    const double n = total(args.rows) * args.width;
    return {.operations = 3 * n, .read = 3 * n, .written = n};
}

template <class T>
Work work(const GateMixBackward<T>& args) {
    const double n = total(args.rows) * args.width;
    Work work{.operations = 4 * n, .read = 4 * n, .written = 2 * n};
    return work += gradient(args.db_write, n);
}

MANYGPCM_INSTANTIATE_CALL(GateMixForward)
MANYGPCM_INSTANTIATE_CALL(GateMixBackward)

}  // namespace manygpcm::kernels
#endif
