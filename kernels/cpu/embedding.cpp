#include "manygpcm/kernels/embedding.h"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "cpu/embedding.cpp"
#include <hwy/foreach_target.h>

#include "cpu/dispatch.h"
#include "cpu/lanes-inl.h"

HWY_BEFORE_NAMESPACE();
namespace manygpcm::kernels::HWY_NAMESPACE {

template <class T>
void scatter_add(int rows, int width, const std::int32_t* index, const T* dy, T* dtable) {
    for (int i = 0; i < rows; ++i)
        add_scaled<T>(width, 1, dy + std::ptrdiff_t{i} * width,
                      dtable + std::ptrdiff_t{index[i]} * width);
}

}  // namespace manygpcm::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace manygpcm::kernels {

template <class T>
void embedding_forward(Rows rows, int width, PerReplica<const T> table, RowIndex index,
                       PerReplica<T> y) {
    for (int r = 0; r < rows.replicas; ++r)
        for (int i = 0; i < rows[r]; ++i)
            std::copy_n(table[r] + std::ptrdiff_t{index[r][i]} * width, width,
                        y[r] + std::ptrdiff_t{i} * width);
}

template <class T>
void embedding_backward(Rows rows, int width, RowIndex index, PerReplica<const T> dy,
                        PerReplica<T> dtable) {
    for (int r = 0; r < rows.replicas; ++r)
        MANYGPCM_DISPATCH(scatter_add<T>)(rows[r], width, index[r], dy[r], dtable[r]);
}

MANYGPCM_INSTANTIATE(embedding_forward)
MANYGPCM_INSTANTIATE(embedding_backward)

}  // namespace manygpcm::kernels
#endif
