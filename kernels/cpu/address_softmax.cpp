#include "manygpcm/kernels/address_softmax.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "cpu/address_softmax.cpp"
#include <hwy/foreach_target.h>

#include "cpu/dispatch.h"
#include "cpu/gemm.h"
#include "cpu/lanes-inl.h"

HWY_BEFORE_NAMESPACE();
namespace manygpcm::kernels::HWY_NAMESPACE {

template <class T>
void softmax_rows(int rows, int slots, T* scores) {
    for (int i = 0; i < rows; ++i, scores += slots) {
        T largest = scores[0];
        for (int j = 1; j < slots; ++j)
            largest = scores[j] > largest ? scores[j] : largest;
        for_lanes<T>(slots, [=](auto d, std::size_t j) {
            hn::StoreU(hn::Exp(d, hn::Sub(hn::LoadU(d, scores + j), hn::Set(d, largest))), d,
                       scores + j);
        });
        const T sum =
            sum_lanes<T>(slots, [=](auto d, std::size_t j) { return hn::LoadU(d, scores + j); });
        for_lanes<T>(slots, [=](auto d, std::size_t j) {
            hn::StoreU(hn::Mul(hn::LoadU(d, scores + j), hn::Set(d, 1 / sum)), d, scores + j);
        });
    }
}

/// dscores = p (dp - sum p dp), in place of dp.
template <class T>
void undo_softmax_rows(int rows, int slots, const T* p, T* dp) {
    for (int i = 0; i < rows; ++i, p += slots, dp += slots) {
        const T weighted = dot<T>(slots, p, dp);
        for_lanes<T>(slots, [=](auto d, std::size_t j) {
            const auto centred = hn::Sub(hn::LoadU(d, dp + j), hn::Set(d, weighted));
            hn::StoreU(hn::Mul(hn::LoadU(d, p + j), centred), d, dp + j);
        });
    }
}

}  // namespace manygpcm::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace manygpcm::kernels {

template <class T>
void address_softmax_forward(Rows rows, const AddressShape& shape, PerReplica<const T> query,
                             PerReplica<const T> key, PerReplica<T> address) {
    for (int r = 0; r < rows.replicas; ++r) {
        gemm(Transpose::no, Transpose::yes, rows[r], shape.slots, shape.key_dim, query[r],
             shape.key_dim, key[r], shape.key_dim, Write::replace, address[r], shape.slots);
        MANYGPCM_DISPATCH(softmax_rows<T>)(rows[r], shape.slots, address[r]);
    }
}

template <class T>
void address_softmax_backward(Rows rows, const AddressShape& shape, PerReplica<const T> query,
                              PerReplica<const T> key, PerReplica<const T> address,
                              PerReplica<T> daddress, PerReplica<T> dquery, Write dquery_write,
                              PerReplica<T> dkey) {
    for (int r = 0; r < rows.replicas; ++r) {
        MANYGPCM_DISPATCH(undo_softmax_rows<T>)(rows[r], shape.slots, address[r], daddress[r]);
        gemm(Transpose::no, Transpose::no, rows[r], shape.key_dim, shape.slots, daddress[r],
             shape.slots, key[r], shape.key_dim, dquery_write, dquery[r], shape.key_dim);
        gemm(Transpose::yes, Transpose::no, shape.slots, shape.key_dim, rows[r], daddress[r],
             shape.slots, query[r], shape.key_dim, Write::add, dkey[r], shape.key_dim);
    }
}

MANYGPCM_INSTANTIATE(address_softmax_forward)
MANYGPCM_INSTANTIATE(address_softmax_backward)

}  // namespace manygpcm::kernels
#endif
