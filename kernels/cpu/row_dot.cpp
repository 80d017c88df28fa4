#include "manygpcm/kernels/row_dot.h"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "cpu/row_dot.cpp"
#include <hwy/foreach_target.h>

#include "cpu/dispatch.h"
#include "cpu/lanes-inl.h"
#include "work/elements.h"

HWY_BEFORE_NAMESPACE();
namespace manygpcm::kernels::HWY_NAMESPACE {

template <class T>
void row_dots(int rows, int width, const T* x, const T* table, const std::int32_t* row, T* y) {
    for (int i = 0; i < rows; ++i)
        y[i] = dot(static_cast<std::size_t>(width), x + std::ptrdiff_t{i} * width,
                   table + std::ptrdiff_t{row[i]} * width);
}

template <class T>
void row_dots_backward(int rows, int width, const T* x, const T* table, const std::int32_t* row,
                       const T* dy, Write write, T* dx, T* dtable) {
    const auto n = static_cast<std::size_t>(width);
    for (int i = 0; i < rows; ++i) {
        const std::ptrdiff_t at = std::ptrdiff_t{i} * width,
                             table_at = std::ptrdiff_t{row[i]} * width;
        if (write == Write::replace) std::fill_n(dx + at, n, T{0});
        add_scaled(n, dy[i], table + table_at, dx + at);
        add_scaled(n, dy[i], x + at, dtable + table_at);
    }
}

}  // namespace manygpcm::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace manygpcm::kernels {

template <class T>
void compute(const RowDotForward<T>& args) {
    const auto& [rows, width, x, table, row, y] = args;
    for (int r = 0; r < rows.replicas; ++r)
        MANYGPCM_DISPATCH(row_dots<T>)(rows[r], width, x[r], table[r], row[r], y[r]);
}

template <class T>
void compute(const RowDotBackward<T>& args) {
    const auto& [rows, table_rows, width, x, table, row, dy, dx, dx_write, dtable] = args;
    for (int r = 0; r < rows.replicas; ++r) {
        std::fill_n(dtable[r], std::ptrdiff_t{table_rows[r]} * width, T{0});
        MANYGPCM_DISPATCH(row_dots_backward<T>)
        (rows[r], width, x[r], table[r], row[r], dy[r], dx_write, dx[r], dtable[r]);
    }
}

template <class T>
Work work(const RowDotForward<T>& args) {
    const double n = total(args.rows);
    return {.operations = 2 * n * args.width, .read = n * (2 * args.width + 1), .written = n};
}

template <class T>
Work work(const RowDotBackward<T>& args) {
    const double rows = total(args.rows), n = rows * args.width;
    Work work{.operations = 4 * n,
              .read = 2 * n + 2 * rows,
              .written = total(args.table_rows) * args.width};
    return work += gradient(args.dx_write, n);
}

MANYGPCM_INSTANTIATE_CALL(RowDotForward)
MANYGPCM_INSTANTIATE_CALL(RowDotBackward)

}  // namespace manygpcm::kernels
#endif
