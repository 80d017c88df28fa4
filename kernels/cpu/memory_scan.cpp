// Every tile of value columns is its own recurrence. Its N x columns piece of the memory stays in
// L1 while the steps of a sequence pass over it; the backward pass replays one segment at a time
// and keeps that segment's states in L2.
#include "manygpcm/kernels/memory_scan.h"

#include <algorithm>
#include <type_traits>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "cpu/memory_scan.cpp"
#include <hwy/foreach_target.h>

#include "cpu/dispatch.h"
#include "cpu/lanes-inl.h"
#include "cpu/scratch.h"

#ifndef MANYGPCM_MEMORY_SCAN_ARGUMENTS
#define MANYGPCM_MEMORY_SCAN_ARGUMENTS
namespace manygpcm::kernels {

/// One replica's arrays, as plain pointers.
template <class T>
struct Scan {
    int slots, value_dim, segment;
    const std::int32_t *offsets, *address_row, *value_row;
    const T *address, *erase, *add, *initial_value;

    const T* address_of(int step) const {
        return address + std::ptrdiff_t{address_row[step]} * slots;
    }
    std::ptrdiff_t value_at(int step) const {
        return std::ptrdiff_t{value_row ? value_row[step] : step} * value_dim;
    }
    /// Index of the checkpoint of a sequence's first segment; the others follow. Leaves room for
    /// every sequence's.
    std::ptrdiff_t first_checkpoint(int sequence) const {
        return offsets[sequence] / segment + sequence;
    }
    std::size_t memory_size() const { return std::size_t(slots) * value_dim; }
};

template <class T>
struct ScanGradient {
    const T* dread;
    T *daddress, *derase, *dadd, *dinitial_value;
};

}  // namespace manygpcm::kernels
#endif

HWY_BEFORE_NAMESPACE();
namespace manygpcm::kernels::HWY_NAMESPACE {

// Vectors of columns in a tile, as many as leave the accumulators in registers.
constexpr int forward_vectors = 4;
constexpr int backward_vectors = HWY_TARGET <= HWY_AVX3 ? 4 : 2;

/// body(d, vectors, column) over all columns: tiles of `vectors` whole vectors, then one vector,
/// then narrower ones.
template <class T, int vectors, class Body>
HWY_INLINE void for_tiles(int columns, Body body) {
    int column = 0;
    const auto run = [&](auto d, auto count) {
        const int width = static_cast<int>(hn::Lanes(d)) * count.value;
        for (; column + width <= columns; column += width)
            body(d, count, column);
    };
    run(hn::ScalableTag<T>(), std::integral_constant<int, vectors>());
    run(hn::ScalableTag<T>(), std::integral_constant<int, 1>());
    run(hn::CappedTag<T, 8>(), std::integral_constant<int, 1>());
    run(hn::CappedTag<T, 4>(), std::integral_constant<int, 1>());
    run(hn::CappedTag<T, 1>(), std::integral_constant<int, 1>());
}

/// Copies a tile between arrays whose slots are `from_stride` and `to_stride` elements apart.
template <int vectors, class D, class T>
HWY_INLINE void copy_tile(D d, int slots, const T* HWY_RESTRICT from, std::ptrdiff_t from_stride,
                          T* HWY_RESTRICT to, std::ptrdiff_t to_stride) {
    for (int i = 0; i < slots; ++i, from += from_stride, to += to_stride)
        for (int c = 0; c < vectors; ++c)
            hn::StoreU(hn::LoadU(d, from + c * hn::Lanes(d)), d, to + c * hn::Lanes(d));
}

/// One step of the recurrence on a tile: next = memory (1 - w e) + w a. `next` may be `memory`.
/// Where `read` isn't null it receives the columns of sum_i w_i M_i.
template <int vectors, class D, class T>
HWY_INLINE void scan_step(D d, int slots, const T* HWY_RESTRICT address, const T* erase,
                          const T* add, const T* memory, T* next, T* read) {
    using V = hn::Vec<D>;
    const std::size_t lanes = hn::Lanes(d);
    V e[vectors], a[vectors], sum[vectors];
    for (int c = 0; c < vectors; ++c) {
        e[c] = hn::LoadU(d, erase + c * lanes);
        a[c] = hn::LoadU(d, add + c * lanes);
        sum[c] = hn::Zero(d);
    }
    for (int i = 0; i < slots; ++i) {
        const V w = hn::Set(d, address[i]);
        for (int c = 0; c < vectors; ++c) {
            const std::size_t at = (std::size_t(i) * vectors + c) * lanes;
            const V m = hn::LoadU(d, memory + at);
            sum[c] = hn::MulAdd(w, m, sum[c]);
            hn::StoreU(hn::MulAdd(w, hn::NegMulAdd(e[c], m, a[c]), m), d, next + at);
        }
    }
    if (read)
        for (int c = 0; c < vectors; ++c)
            hn::StoreU(sum[c], d, read + c * lanes);
}

template <int vectors, class D, class T>
void forward_tile(D d, const Scan<T>& scan, int sequence, int column, T* read, T* checkpoints,
                  T* memory) {
    const int width = static_cast<int>(hn::Lanes(d)) * vectors;
    const int begin = scan.offsets[sequence], end = scan.offsets[sequence + 1];
    copy_tile<vectors>(d, scan.slots, scan.initial_value + column, scan.value_dim, memory, width);
    T* checkpoint =
        checkpoints ? checkpoints + scan.first_checkpoint(sequence) * scan.memory_size() + column
                    : nullptr;
    for (int t = begin; t < end; ++t) {
        if (checkpoint && (t - begin) % scan.segment == 0) {
            copy_tile<vectors>(d, scan.slots, memory, width, checkpoint, scan.value_dim);
            checkpoint += scan.memory_size();
        }
        const std::ptrdiff_t value = scan.value_at(t) + column;
        scan_step<vectors>(d, scan.slots, scan.address_of(t), scan.erase + value, scan.add + value,
                           memory, memory, read + std::ptrdiff_t{t} * scan.value_dim + column);
    }
}

/// The gradient through one step, from g = dL/dM_{t+1} (replaced by dL/dM_t) and the read's
/// gradient:
///   u = dread - e g,  dw_i = sum_columns (a g + M_i u),  de = -sum_i w_i g M_i,  da = sum_i w_i g,
///   g <- g + w_i u.
template <int vectors, class D, class T>
HWY_INLINE void scan_step_backward(D d, int slots, const T* HWY_RESTRICT address, const T* erase,
                                   const T* add, const T* dread, const T* HWY_RESTRICT memory,
                                   T* HWY_RESTRICT g, T* HWY_RESTRICT daddress, T* derase,
                                   T* dadd) {
    using V = hn::Vec<D>;
    const std::size_t lanes = hn::Lanes(d);
    V e[vectors], a[vectors], dr[vectors], de[vectors], da[vectors];
    for (int c = 0; c < vectors; ++c) {
        e[c] = hn::LoadU(d, erase + c * lanes);
        a[c] = hn::LoadU(d, add + c * lanes);
        dr[c] = hn::LoadU(d, dread + c * lanes);
        de[c] = hn::LoadU(d, derase + c * lanes);
        da[c] = hn::LoadU(d, dadd + c * lanes);
    }
    for (int i = 0; i < slots; ++i) {
        const V w = hn::Set(d, address[i]);
        V dw = hn::Zero(d);
        for (int c = 0; c < vectors; ++c) {
            const std::size_t at = (std::size_t(i) * vectors + c) * lanes;
            const V m = hn::LoadU(d, memory + at), gradient = hn::LoadU(d, g + at);
            const V u = hn::NegMulAdd(e[c], gradient, dr[c]);
            const V weighted = hn::Mul(w, gradient);
            dw = hn::MulAdd(a[c], gradient, dw);
            dw = hn::MulAdd(m, u, dw);
            da[c] = hn::Add(da[c], weighted);
            de[c] = hn::NegMulAdd(weighted, m, de[c]);
            hn::StoreU(hn::MulAdd(w, u, gradient), d, g + at);
        }
        daddress[i] += hn::GetLane(hn::SumOfLanes(d, dw));
    }
    for (int c = 0; c < vectors; ++c) {
        hn::StoreU(de[c], d, derase + c * lanes);
        hn::StoreU(da[c], d, dadd + c * lanes);
    }
}

/// @param states room for the memories of one segment's steps  @param g room for one memory; both
/// of a tile
template <int vectors, class D, class T>
void backward_tile(D d, const Scan<T>& scan, const ScanGradient<T>& out, int sequence, int column,
                   const T* checkpoints, T* states, T* g) {
    const int width = static_cast<int>(hn::Lanes(d)) * vectors;
    const std::size_t tile = std::size_t(scan.slots) * width;
    const int begin = scan.offsets[sequence], end = scan.offsets[sequence + 1];
    std::fill_n(g, tile, T{0});
    const int segments = (end - begin + scan.segment - 1) / scan.segment;
    for (int s = segments - 1; s >= 0; --s) {
        const int first = begin + s * scan.segment, last = std::min(end, first + scan.segment);
        const T* checkpoint =
            checkpoints + (scan.first_checkpoint(sequence) + s) * scan.memory_size() + column;
        copy_tile<vectors>(d, scan.slots, checkpoint, scan.value_dim, states, width);
        for (int t = first; t + 1 < last; ++t) {
            const std::ptrdiff_t value = scan.value_at(t) + column;
            T* memory = states + (t - first) * tile;
            scan_step<vectors>(d, scan.slots, scan.address_of(t), scan.erase + value,
                               scan.add + value, memory, memory + tile, static_cast<T*>(nullptr));
        }
        for (int t = last - 1; t >= first; --t) {
            const std::ptrdiff_t value = scan.value_at(t) + column;
            scan_step_backward<vectors>(
                d, scan.slots, scan.address_of(t), scan.erase + value, scan.add + value,
                out.dread + std::ptrdiff_t{t} * scan.value_dim + column,
                states + (t - first) * tile, g,
                out.daddress + std::ptrdiff_t{scan.address_row[t]} * scan.slots, out.derase + value,
                out.dadd + value);
        }
    }
    for (int i = 0; i < scan.slots; ++i)
        add_scaled<T>(width, 1, g + std::ptrdiff_t{i} * width,
                      out.dinitial_value + std::ptrdiff_t{i} * scan.value_dim + column);
}

template <class T>
void scan_forward(int sequences, const Scan<T>& scan, T* read, T* checkpoints) {
    ScratchFrame frame;
    T* memory =
        frame.take<T>(std::size_t(scan.slots) * forward_vectors * hn::Lanes(hn::ScalableTag<T>()));
    for (int s = 0; s < sequences; ++s)
        for_tiles<T, forward_vectors>(scan.value_dim, [&](auto d, auto vectors, int column) {
            forward_tile<vectors.value>(d, scan, s, column, read, checkpoints, memory);
        });
}

template <class T>
void scan_backward(int sequences, const Scan<T>& scan, const ScanGradient<T>& out,
                   const T* checkpoints) {
    ScratchFrame frame;
    const std::size_t tile =
        std::size_t(scan.slots) * backward_vectors * hn::Lanes(hn::ScalableTag<T>());
    T* states = frame.take<T>(tile * scan.segment);
    T* g = frame.take<T>(tile);
    for (int s = 0; s < sequences; ++s)
        for_tiles<T, backward_vectors>(scan.value_dim, [&](auto d, auto vectors, int column) {
            backward_tile<vectors.value>(d, scan, out, s, column, checkpoints, states, g);
        });
}

}  // namespace manygpcm::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace manygpcm::kernels {
namespace {

template <class T>
Scan<T> replica_scan(int r, const MemoryScanShape& shape, const MemoryScanInput<T>& in) {
    return {shape.slots,     shape.value_dim, shape.segment, in.offsets[r], in.address_row[r],
            in.value_row[r], in.address[r],   in.erase[r],   in.add[r],     in.initial_value[r]};
}

}  // namespace

std::size_t memory_scan_checkpoint_size(const MemoryScanShape& shape, int steps, int sequences) {
    return (std::size_t(steps) / shape.segment + sequences) * shape.slots * shape.value_dim;
}

template <class T>
void memory_scan_forward(Rows sequences, const MemoryScanShape& shape, const MemoryScanInput<T>& in,
                         PerReplica<T> read, PerReplica<T> checkpoints) {
    for (int r = 0; r < static_cast<int>(sequences.size()); ++r)
        MANYGPCM_DISPATCH(scan_forward<T>)
    (sequences[r], replica_scan(r, shape, in), read[r], checkpoints[r]);
}

template <class T>
void memory_scan_backward(Rows sequences, Rows address_rows, Rows value_rows,
                          const MemoryScanShape& shape, const MemoryScanInput<T>& in,
                          PerReplica<const T> checkpoints, PerReplica<const T> dread,
                          const MemoryScanGradient<T>& gradient) {
    for (int r = 0; r < static_cast<int>(sequences.size()); ++r) {
        const ScanGradient<T> out{dread[r], gradient.address[r], gradient.erase[r], gradient.add[r],
                                  gradient.initial_value[r]};
        std::fill_n(out.daddress, std::size_t(address_rows[r]) * shape.slots, T{0});
        std::fill_n(out.derase, std::size_t(value_rows[r]) * shape.value_dim, T{0});
        std::fill_n(out.dadd, std::size_t(value_rows[r]) * shape.value_dim, T{0});
        MANYGPCM_DISPATCH(scan_backward<T>)
        (sequences[r], replica_scan(r, shape, in), out, checkpoints[r]);
    }
}

MANYGPCM_INSTANTIATE(memory_scan_forward)
MANYGPCM_INSTANTIATE(memory_scan_backward)

}  // namespace manygpcm::kernels
#endif
