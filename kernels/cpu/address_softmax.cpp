#include "manygpcm/kernels/address_softmax.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "cpu/address_softmax.cpp"
#include <hwy/foreach_target.h>

#include "cpu/dispatch.h"
#include "cpu/gemm.h"
#include "cpu/lanes-inl.h"
#include "work/elements.h"

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
void compute(const AddressSoftmaxForward<T>& args) {
    const auto& [rows, shape, query, key, address] = args;
    for (int r = 0; r < rows.replicas; ++r) {
        gemm(Transpose::no, Transpose::yes, rows[r], shape.slots, shape.key_dim, query[r],
             shape.key_dim, key[r], shape.key_dim, Write::replace, address[r], shape.slots);
        MANYGPCM_DISPATCH(softmax_rows<T>)(rows[r], shape.slots, address[r]);
    }
}

template <class T>
void compute(const AddressSoftmaxBackward<T>& args) {
    const auto& [rows, shape, query, key, address, daddress, dquery, dquery_write, dkey] = args;
    for (int r = 0; r < rows.replicas; ++r) {
        MANYGPCM_DISPATCH(undo_softmax_rows<T>)(rows[r], shape.slots, address[r], daddress[r]);
        gemm(Transpose::no, Transpose::no, rows[r], shape.key_dim, shape.slots, daddress[r],
             shape.slots, key[r], shape.key_dim, dquery_write, dquery[r], shape.key_dim);
        gemm(Transpose::yes, Transpose::no, shape.slots, shape.key_dim, rows[r], daddress[r],
             shape.slots, query[r], shape.key_dim, Write::add, dkey[r], shape.key_dim);
    }
}

// The product with the keys and 5 an element: maximum, difference, exponential, sum, division.
template <class T>
Work work(const AddressSoftmaxForward<T>& args) {
    const auto [slots, key_dim] = args.shape;
    const double rows = total(args.rows), n = rows * slots;
    return {.operations = n * (2 * key_dim + 5),
            .functions = n,
            .read = (rows + product(args.rows.replicas, slots)) * key_dim,
            .written = n};
}

// Two products and 4 an element. daddress is read and overwritten.
template <class T>
Work work(const AddressSoftmaxBackward<T>& args) {
    const auto [slots, key_dim] = args.shape;
    const double rows = total(args.rows), n = rows * slots, queries = rows * key_dim;
    const double keys = args.rows.replicas * product(slots, key_dim);
    Work work{.operations = n * (4 * key_dim + 4),
              .read = 2 * n + queries + keys,
              .written = n,
              .added_to = keys};
    return work += gradient(args.dquery_write, queries);
}

MANYGPCM_INSTANTIATE_CALL(AddressSoftmaxForward)
MANYGPCM_INSTANTIATE_CALL(AddressSoftmaxBackward)

}  // namespace manygpcm::kernels
#endif
