// Goto and van de Geijn, "Anatomy of High-Performance Matrix Multiplication" (2008): b is packed
// into panels as wide as two vectors (three at the right edge, where one would be left), a tile of
// c stays in registers for a segment of k. a is read where it lies, for a tile has few rows.
#include "cpu/gemm.h"

#include <algorithm>
#include <cstddef>
#include <type_traits>

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

// Rows of a tile: with its vectors a row it fills the registers, but for those of b and a.
constexpr int tile_sums = HWY_TARGET <= HWY_AVX3 ? 24 : 12;
template <int Vectors>
constexpr int tile_rows = std::min(12, tile_sums / Vectors);
// A segment of a panel of b (16 KiB with AVX2) stays in L1, a segment of all panels in L2.
constexpr int segment = 128, most_columns = 512;
// Rows whose segment of a (96 KiB) stays in L2 while the panels pass.
constexpr int row_block = 192;

/// Packs op(b)'s rows 0..k-1 and columns 0..n-1 as rows of Vectors vectors, zeros behind column n.
template <int Vectors, class T>
void pack_panel(const Factor<T>& b, int k, int n, T* HWY_RESTRICT panel) {
    const hn::ScalableTag<T> d;
    const int lanes = static_cast<int>(hn::Lanes(d)), width = Vectors * lanes;
    if (b.column == 1) {
        const int last = (Vectors - 1) * lanes;
        for (int l = 0; l < k; ++l, panel += width) {
            const T* const row = b.at(l, 0);
            for (int v = 0; v < Vectors - 1; ++v)
                hn::Store(hn::LoadU(d, row + v * lanes), d, panel + v * lanes);
            if (n == width) {
                hn::Store(hn::LoadU(d, row + last), d, panel + last);
                continue;
            }
            hn::Store(hn::Zero(d), d, panel + last);
            for_lanes<T>(n - last, [=](auto part, std::size_t j) {
                hn::StoreU(hn::LoadU(part, row + last + j), part, panel + last + j);
            });
        }
        return;
    }
    transpose(n, k, b.data, b.column, panel, width);
    for (int l = 0; n < width && l < k; ++l)
        std::fill_n(panel + std::ptrdiff_t{l} * width + n, width - n, T{0});
}

/// The first n elements of a vector, written or added to `to`.
template <class D, class V, class T = hn::TFromD<D>>
HWY_INLINE void write_part(D d, bool add, int n, V sum, T* to) {
    constexpr int lanes = hn::MaxLanes(D());
    if (n >= lanes) {
        hn::StoreU(add ? hn::Add(hn::LoadU(d, to), sum) : sum, d, to);
        return;
    }
#if HWY_TARGET != HWY_SCALAR
    if constexpr (lanes > 1) {
        const hn::Half<D> half;
        if (n > 0) write_part(half, add, n, hn::LowerHalf(half, sum), to);
        if (n > lanes / 2)
            write_part(half, add, n - lanes / 2, hn::UpperHalf(half, sum), to + lanes / 2);
    }
#endif
}

/// Rows x (Vectors vectors) of c, of which the first `n` columns exist, some of the last vector: c
/// = or += the product of a segment.
template <int Rows, int Vectors, class T>
HWY_NOINLINE void multiply_tile(int k, const Factor<T>& a, const T* HWY_RESTRICT panel, bool add,
                                T* c, std::ptrdiff_t ldc, int n) {
    const hn::ScalableTag<T> d;
    using V = hn::VFromD<decltype(d)>;
    const int lanes = static_cast<int>(hn::Lanes(d));
    V sum[Rows][Vectors];
#pragma GCC unroll 16
    for (int i = 0; i < Rows; ++i)
#pragma GCC unroll 3
        for (int v = 0; v < Vectors; ++v)
            sum[i][v] = hn::Zero(d);
    const T* at = a.data;
    for (int l = 0; l < k; ++l, at += a.column, panel += Vectors * lanes) {
        V b[Vectors];
#pragma GCC unroll 3
        for (int v = 0; v < Vectors; ++v)
            b[v] = hn::Load(d, panel + v * lanes);
#pragma GCC unroll 16
        for (int i = 0; i < Rows; ++i) {
            const V factor = hn::Set(d, at[i * a.row]);
#pragma GCC unroll 3
            for (int v = 0; v < Vectors; ++v)
                sum[i][v] = hn::MulAdd(factor, b[v], sum[i][v]);
        }
    }
    const int in_last = n - (Vectors - 1) * lanes;
    if (in_last == lanes) {
#pragma GCC unroll 16
        for (int i = 0; i < Rows; ++i, c += ldc)
#pragma GCC unroll 3
            for (int v = 0; v < Vectors; ++v)
                write_part(d, add, lanes, sum[i][v], c + v * lanes);
        return;
    }
#pragma GCC unroll 16
    for (int i = 0; i < Rows; ++i, c += ldc) {
#pragma GCC unroll 2
        for (int v = 0; v < Vectors - 1; ++v)
            write_part(d, add, lanes, sum[i][v], c + v * lanes);
        write_part(d, add, in_last, sum[i][Vectors - 1], c + (Vectors - 1) * lanes);
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
    constexpr int most = tile_rows<Vectors>;
    while (rows > 0) {
        const int now = rows >= 2 * most ? most : rows > most ? (rows + 1) / 2 : rows;
        multiply_rows<most, Vectors>(now, k, a, panel, add, c, ldc, n);
        rows -= now;
        a.data += now * a.row;
        c += now * ldc;
    }
}

/// body(first column, columns, vectors) for every panel.
template <class T, class Body>
HWY_INLINE void for_panels(int columns, Body body) {
    const int lanes = static_cast<int>(hn::Lanes(hn::ScalableTag<T>()));
    int j = 0;
    for (; columns - j > 3 * lanes; j += 2 * lanes)
        body(j, 2 * lanes, std::integral_constant<int, 2>());
    const int left = columns - j;
    if (left > 2 * lanes)
        body(j, left, std::integral_constant<int, 3>());
    else if (left > lanes)
        body(j, left, std::integral_constant<int, 2>());
    else if (left > 0)
        body(j, left, std::integral_constant<int, 1>());
}

/// A segment of op(b), of at most most_columns columns.
template <class T>
void pack_segment(const Factor<T>& b, int depth, int columns, T* to) {
    for_panels<T>(columns, [&](int first, int width, auto vectors) {
        pack_panel<vectors.value, T>({b.at(0, first), b.row, b.column}, depth, width,
                                     to + std::ptrdiff_t{first} * depth);
    });
}

/// c [m, columns] = or += the product of a segment.
template <class T>
void multiply_segment(int m, int columns, int depth, const Factor<T>& a, const T* packed, bool add,
                      T* c, std::ptrdiff_t ldc) {
    for (int i = 0; i < m; i += row_block)
        for_panels<T>(columns, [&](int first, int width, auto vectors) {
            multiply_panel<vectors.value, T>(
                std::min(row_block, m - i), depth, {a.at(i, 0), a.row, a.column},
                packed + std::ptrdiff_t{first} * depth, add, c + i * ldc + first, ldc, width);
        });
}

template <class T>
void multiply(int m, int n, int k, const Factor<T>& a, const Factor<T>& b, bool add, T* c,
              int ldc) {
    const std::size_t lanes = hn::Lanes(hn::ScalableTag<T>());
    ScratchFrame frame;
    T* const packed = frame.take<T>(segment * (most_columns + lanes));
    for (int j = 0; j < n; j += most_columns) {
        const int columns = std::min(most_columns, n - j);
        for (int l = 0; l < k; l += segment) {
            const int depth = std::min(segment, k - l);
            pack_segment<T>({b.at(l, j), b.row, b.column}, depth, columns, packed);
            multiply_segment<T>(m, columns, depth, {a.at(0, l), a.row, a.column}, packed,
                                add || l > 0, c + j, ldc);
        }
    }
}

/// body(first column, columns, first of k, of them, where the segment lies packed)
template <class T, class Body>
HWY_INLINE void for_packed(int n, int k, Body body) {
    const int lanes = static_cast<int>(hn::Lanes(hn::ScalableTag<T>()));
    std::ptrdiff_t at = 0;
    for (int j = 0; j < n; j += most_columns) {
        const int columns = std::min(most_columns, n - j);
        for (int l = 0; l < k; l += segment) {
            const int depth = std::min(segment, k - l);
            body(j, columns, l, depth, at);
            const std::ptrdiff_t vectors = (columns + lanes - 1) / lanes;
            at += vectors * lanes * depth;
        }
    }
}

template <class T>
void pack_all(int n, int k, const Factor<T>& b, T* to) {
    for_packed<T>(n, k, [&](int j, int columns, int l, int depth, std::ptrdiff_t at) {
        pack_segment<T>({b.at(l, j), b.row, b.column}, depth, columns, to + at);
    });
}

template <class T>
void multiply_packed(int m, int n, int k, const Factor<T>& a, const T* packed, bool add, T* c,
                     int ldc) {
    for_packed<T>(n, k, [&](int j, int columns, int l, int depth, std::ptrdiff_t at) {
        multiply_segment<T>(m, columns, depth, {a.at(0, l), a.row, a.column}, packed + at,
                            add || l > 0, c + j, ldc);
    });
}

}  // namespace manygpcm::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace manygpcm::kernels {
namespace {

template <class T>
Factor<T> factor(Transpose transpose, const T* data, std::ptrdiff_t stored) {
    return transpose == Transpose::no ? Factor<T>{data, stored, 1} : Factor<T>{data, 1, stored};
}

/// The sum of no terms.
template <class T>
void write_zeros(int m, int n, T* c, int ldc) {
    for (int i = 0; i < m; ++i)
        std::fill_n(c + std::ptrdiff_t{i} * ldc, n, T{0});
}

}  // namespace

template <class T>
void gemm(Transpose transpose_a, Transpose transpose_b, int m, int n, int k, const T* a, int lda,
          const T* b, int ldb, Write write, T* c, int ldc) {
    if (k == 0 && write == Write::replace) write_zeros(m, n, c, ldc);
    MANYGPCM_DISPATCH(multiply<T>)
    (m, n, k, factor(transpose_a, a, lda), factor(transpose_b, b, ldb), write == Write::add, c,
     ldc);
}

template <class T>
PackedFactor<T> pack(ScratchFrame& frame, Transpose transpose, int n, int k, const T* b, int ldb) {
    constexpr std::size_t most_lanes = 16;
    T* const data = frame.take<T>((std::size_t(n) + most_lanes) * k);
    MANYGPCM_DISPATCH(pack_all<T>)(n, k, factor(transpose, b, ldb), data);
    return {n, k, data};
}

template <class T>
void gemm(Transpose transpose_a, int m, const T* a, int lda, const PackedFactor<T>& b, Write write,
          T* c, int ldc) {
    if (b.k == 0 && write == Write::replace) write_zeros(m, b.n, c, ldc);
    MANYGPCM_DISPATCH(multiply_packed<T>)
    (m, b.n, b.k, factor(transpose_a, a, lda), b.data, write == Write::add, c, ldc);
}

template void gemm(Transpose, Transpose, int, int, int, const MANYGPCM_REAL*, int,
                   const MANYGPCM_REAL*, int, Write, MANYGPCM_REAL*, int);
template void gemm(Transpose, int, const MANYGPCM_REAL*, int, const PackedFactor<MANYGPCM_REAL>&,
                   Write, MANYGPCM_REAL*, int);
MANYGPCM_INSTANTIATE(pack)

}  // namespace manygpcm::kernels
#endif
