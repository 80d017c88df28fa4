// Goto and van de Geijn, "Anatomy of High-Performance Matrix Multiplication" (2008): b is packed
// into panels as wide as two vectors, a tile of c stays in registers for a segment of k. a is read
// where it lies, for a tile has few rows.
#include "cpu/gemm.h"

#include <algorithm>
#include <cstddef>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "cpu/gemm.cpp"
#include <hwy/foreach_target.h>

#include "cpu/dispatch.h"
#include "cpu/lanes-inl.h"
#include "cpu/scratch.h"

#ifndef MANYGPCM_KERNELS_CPU_GEMM_FACTOR  // this file is compiled several times
#define MANYGPCM_KERNELS_CPU_GEMM_FACTOR
namespace manygpcm::kernels {

/// The matrix op(a): element (i, l) at data[i * row + l * column].
template <class T>
struct Factor {
    const T* data;
    std::ptrdiff_t row, column;

    const T* at(std::ptrdiff_t i, std::ptrdiff_t l) const { return data + i * row + l * column; }
};

}  // namespace manygpcm::kernels
#endif

HWY_BEFORE_NAMESPACE();
namespace manygpcm::kernels::HWY_NAMESPACE {

// Rows of a tile: with two vectors a row it fills the registers, but for those of b and a.
constexpr int tile_rows = HWY_TARGET <= HWY_AVX3 ? 12 : 6;
// A segment of a panel of b (16 KiB with AVX2) stays in L1, a segment of all panels in L2.
constexpr int segment = 128, most_columns = 512;
// Rows whose segment of a (96 KiB) stays in L2 while the panels pass.
constexpr int row_block = 192;

/// Packs op(b)'s rows 0..k-1 and columns 0..n-1 as rows of `width`, zeros behind column n.
template <class T>
void pack(const Factor<T>& b, int k, int n, int width, T* HWY_RESTRICT panel) {
    if (b.column == 1) {
        for (int l = 0; l < k; ++l, panel += width) {
            std::copy_n(b.at(l, 0), n, panel);
            std::fill(panel + n, panel + width, T{0});
        }
        return;
    }
    // In blocks of 16 rows, so that whole cache lines of either side are in use.
    constexpr int block = 16;
    for (int first = 0; first < k; first += block) {
        const int last = std::min(k, first + block);
        for (int j = 0; j < width; ++j)
            for (int l = first; l < last; ++l)
                panel[std::ptrdiff_t{l} * width + j] = j < n ? *b.at(l, j) : T{0};
    }
}

/// Rows x (Vectors vectors) of c, of which the first `n` columns exist: c = or += the product of a
/// segment.
template <int Rows, int Vectors, class T>
HWY_NOINLINE void multiply_tile(int k, const Factor<T>& a, const T* HWY_RESTRICT panel, bool add,
                                T* c, std::ptrdiff_t ldc, int n) {
    const hn::ScalableTag<T> d;
    using V = hn::VFromD<decltype(d)>;
    const int lanes = static_cast<int>(hn::Lanes(d));
    V sum[Rows][Vectors];
#pragma GCC unroll 16
    for (int i = 0; i < Rows; ++i)
#pragma GCC unroll 2
        for (int v = 0; v < Vectors; ++v)
            sum[i][v] = hn::Zero(d);
    const T* at = a.data;
    for (int l = 0; l < k; ++l, at += a.column, panel += Vectors * lanes) {
        V b[Vectors];
#pragma GCC unroll 2
        for (int v = 0; v < Vectors; ++v)
            b[v] = hn::Load(d, panel + v * lanes);
#pragma GCC unroll 16
        for (int i = 0; i < Rows; ++i) {
            const V factor = hn::Set(d, at[i * a.row]);
#pragma GCC unroll 2
            for (int v = 0; v < Vectors; ++v)
                sum[i][v] = hn::MulAdd(factor, b[v], sum[i][v]);
        }
    }
    if (n == Vectors * lanes) {
#pragma GCC unroll 16
        for (int i = 0; i < Rows; ++i)
#pragma GCC unroll 2
            for (int v = 0; v < Vectors; ++v) {
                T* to = c + i * ldc + v * lanes;
                hn::StoreU(add ? hn::Add(hn::LoadU(d, to), sum[i][v]) : sum[i][v], d, to);
            }
        return;
    }
    HWY_ALIGN T row_of_c[Vectors * hn::MaxLanes(d)];
#pragma GCC unroll 16
    for (int i = 0; i < Rows; ++i) {
#pragma GCC unroll 2
        for (int v = 0; v < Vectors; ++v)
            hn::Store(sum[i][v], d, row_of_c + v * lanes);
        T* to = c + i * ldc;
        for (int j = 0; j < n; ++j)
            to[j] = add ? to[j] + row_of_c[j] : row_of_c[j];
    }
}

/// The same for 1 to Rows rows.
template <int Rows, int Vectors, class T>
void multiply_rows(int rows, int k, const Factor<T>& a, const T* panel, bool add, T* c,
                   std::ptrdiff_t ldc, int n) {
    if constexpr (Rows > 1)
        if (rows < Rows) return multiply_rows<Rows - 1, Vectors>(rows, k, a, panel, add, c, ldc, n);
    multiply_tile<Rows, Vectors>(k, a, panel, add, c, ldc, n);
}

/// All of `rows` rows of c below one panel. The last two tiles share what is left: one of few rows
/// would wait for its own sums.
template <int Vectors, class T>
void multiply_panel(int rows, int k, Factor<T> a, const T* panel, bool add, T* c,
                    std::ptrdiff_t ldc, int n) {
    while (rows > 0) {
        const int now = rows >= 2 * tile_rows ? tile_rows
                        : rows > tile_rows    ? (rows + 1) / 2
                                              : rows;
        multiply_rows<tile_rows, Vectors>(now, k, a, panel, add, c, ldc, n);
        rows -= now;
        a.data += now * a.row;
        c += now * ldc;
    }
}

template <class T>
void multiply(int m, int n, int k, const Factor<T>& a, const Factor<T>& b, bool add, T* c,
              int ldc) {
    const int lanes = static_cast<int>(hn::Lanes(hn::ScalableTag<T>()));
    ScratchFrame frame;
    T* const packed = frame.take<T>(std::size_t{segment} * (most_columns + 2 * lanes));
    const auto for_panels = [&](int columns, auto body) {
        for (int j = 0; j < columns; j += 2 * lanes)
            body(j, std::min(2 * lanes, columns - j));
    };
    for (int j = 0; j < n; j += most_columns) {
        const int columns = std::min(most_columns, n - j);
        for (int l = 0; l < k; l += segment) {
            const int depth = std::min(segment, k - l);
            for_panels(columns, [&](int first, int width) {
                pack<T>({b.at(l, j + first), b.row, b.column}, depth, width,
                        width > lanes ? 2 * lanes : lanes, packed + std::ptrdiff_t{first} * depth);
            });
            for (int i = 0; i < m; i += row_block)
                for_panels(columns, [&](int first, int width) {
                    const auto below = width > lanes ? multiply_panel<2, T> : multiply_panel<1, T>;
                    below(std::min(row_block, m - i), depth, {a.at(i, l), a.row, a.column},
                          packed + std::ptrdiff_t{first} * depth, add || l > 0,
                          c + std::ptrdiff_t{i} * ldc + j + first, ldc, width);
                });
        }
    }
}

}  // namespace manygpcm::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace manygpcm::kernels {

template <class T>
void gemm(Transpose transpose_a, Transpose transpose_b, int m, int n, int k, const T* a, int lda,
          const T* b, int ldb, Write write, T* c, int ldc) {
    if (k == 0 && write == Write::replace)
        for (int i = 0; i < m; ++i)
            std::fill_n(c + std::ptrdiff_t{i} * ldc, n, T{0});
    const auto factor = [](Transpose transpose, const T* data, std::ptrdiff_t stored) {
        return transpose == Transpose::no ? Factor<T>{data, stored, 1} : Factor<T>{data, 1, stored};
    };
    MANYGPCM_DISPATCH(multiply<T>)
    (m, n, k, factor(transpose_a, a, lda), factor(transpose_b, b, ldb), write == Write::add, c,
     ldc);
}

MANYGPCM_INSTANTIATE(gemm)

}  // namespace manygpcm::kernels
#endif
