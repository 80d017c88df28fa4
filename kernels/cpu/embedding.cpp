#include "manygpcm/kernels/embedding.h"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "cpu/embedding.cpp"
#include <hwy/foreach_target.h>

#include "cpu/dispatch.h"
#include "cpu/lanes-inl.h"
#include "work/elements.h"

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
void compute(const EmbeddingForward<T>& args) {
    const auto& [rows, width, table, index, y] = args;
    for (int r = 0; r < rows.replicas; ++r)
        for (int i = 0; i < rows[r]; ++i)
            std::copy_n(table[r] + std::ptrdiff_t{index[r][i]} * width, width,
                        y[r] + std::ptrdiff_t{i} * width);
}

template <class T>
void compute(const EmbeddingBackward<T>& args) {
    const auto& [rows, table_rows, width, index, dy, dtable] = args;
    for (int r = 0; r < rows.replicas; ++r)
        MANYGPCM_DISPATCH(scatter_add<T>)(rows[r], width, index[r], dy[r], dtable[r]);
}

// Rows of the table that the batch doesn't have don't count.
template <class T>
Work work(const EmbeddingForward<T>& args) {
    const double rows = total(args.rows), n = rows * args.width;
    return {.read = n + rows, .written = n};
}

template <class T>
Work work(const EmbeddingBackward<T>& args) {
    const double rows = total(args.rows), n = rows * args.width;
    return {.operations = n, .read = n + rows, .added_to = n};
}

MANYGPCM_INSTANTIATE_CALL(EmbeddingForward)
MANYGPCM_INSTANTIATE_CALL(EmbeddingBackward)

}  // namespace manygpcm::kernels
#endif
