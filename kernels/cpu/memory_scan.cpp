// Every tile of value columns is its own recurrence. Its N x columns piece of the memory stays in
// L1 while the steps of a segment pass over it, tile after tile, so that a segment's rows stay in
// L2; the backward pass replays one segment at a time and keeps a tile's states in L2.
#include "manygpcm/kernels/memory_scan.h"

#include <algorithm>
#include <cstdint>
#include <type_traits>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "cpu/memory_scan.cpp"
#include <hwy/cache_control.h>
#include <hwy/foreach_target.h>

#include "cpu/dispatch.h"
#include "cpu/lanes-inl.h"
#include "cpu/scratch.h"
#include "work/elements.h"

#ifndef MANYGPCM_MEMORY_SCAN_ARGUMENTS
#define MANYGPCM_MEMORY_SCAN_ARGUMENTS
namespace manygpcm::kernels {

/// One replica's arrays, as plain pointers.
template <class T>
struct Scan {
    int slots, value_dim, segment;
    const std::int32_t *offsets, *address_row, *value_row, *known_end;
    const T *address, *erase, *add, *initial_value;

    const T* address_of(int step) const {
        return address + std::ptrdiff_t{address_row[step]} * slots;
    }
    std::ptrdiff_t value_at(int step) const {
        return std::ptrdiff_t{value_row ? value_row[step] : step} * value_dim;
    }
    /// Where the memory before a segment of a sequence is kept, tile after tile. A sequence's
    /// checkpoints follow each other; the next sequence's start where even a last, short segment
    /// leaves them free.
    std::ptrdiff_t checkpoint(int sequence, int number) const {
        return (std::ptrdiff_t{offsets[sequence] / segment} + sequence + number) * slots *
               value_dim;
    }
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

// Vectors of columns in a tile: a step's vectors stay in registers, and a segment's states of a
// tile in L2 beside the rows.
constexpr int tile_vectors = 2;

// Steps that the forward pass takes at once: the memory is loaded and stored once for both.
constexpr int forward_steps = 2;

// How many steps ahead a tile's rows are asked for. The tile before has asked for them already, a
// segment ahead, after which L1 may have lost them: its sets have fewer places than a segment
// steps.
constexpr int prefetch_steps = 4;

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

/// Asks for a tile's vectors of some rows ahead of their use: a tile reads a piece of every row,
/// which the processor's own prefetching misses.
template <int vectors, class D, class... Row>
HWY_INLINE void prefetch_tile(D d, const Row*... rows) {
    constexpr std::size_t line = 64;
    const std::size_t bytes = vectors * hn::Lanes(d) * sizeof(hn::TFromD<D>);
    for (std::size_t at = 0; at < bytes; at += line)
        (hwy::Prefetch(reinterpret_cast<const char*>(rows) + at), ...);
}

/// One step of the recurrence on a tile.
template <class T>
struct TileStep {
    const T *address, *erase, *add;
    T* next;  ///< the memory after the step; null where only later steps need it
    T* read;  ///< columns of sum_i w_i M_i; null where not needed
};

/// `steps` consecutive steps from `memory`: M (1 - w e) + w a. All of them have a `read` or none
/// has (`reading`), all have a `next` or only the last, which may be `memory` itself (`keeping`).
template <int steps, bool reading, bool keeping, int vectors, class D, class T>
HWY_INLINE void take_steps(D d, int slots, const T* memory, const TileStep<T>* step) {
    using V = hn::Vec<D>;
    const std::size_t lanes = hn::Lanes(d);
    V e[steps][vectors], a[steps][vectors], sum[steps][vectors];
    for (int s = 0; s < steps; ++s)
        for (int c = 0; c < vectors; ++c) {
            e[s][c] = hn::LoadU(d, step[s].erase + c * lanes);
            a[s][c] = hn::LoadU(d, step[s].add + c * lanes);
            sum[s][c] = hn::Zero(d);
        }
    for (int i = 0; i < slots; ++i)
        for (int c = 0; c < vectors; ++c) {
            const std::size_t at = (std::size_t(i) * vectors + c) * lanes;
            V m = hn::LoadU(d, memory + at);
            for (int s = 0; s < steps; ++s) {
                const V w = hn::Set(d, step[s].address[i]);
                if (reading) sum[s][c] = hn::MulAdd(w, m, sum[s][c]);
                m = hn::MulAdd(w, hn::NegMulAdd(e[s][c], m, a[s][c]), m);
                if (keeping || s == steps - 1) hn::StoreU(m, d, step[s].next + at);
            }
        }
    if (reading)
        for (int s = 0; s < steps; ++s)
            for (int c = 0; c < vectors; ++c)
                hn::StoreU(sum[s][c], d, step[s].read + c * lanes);
}

/// What a step that writes nothing reads of the memory.
template <int vectors, class D, class T>
HWY_INLINE void read_tile(D d, int slots, const T* memory, const T* address, T* read) {
    const std::size_t lanes = hn::Lanes(d);
    hn::Vec<D> sum[vectors];
    for (int c = 0; c < vectors; ++c)
        sum[c] = hn::Zero(d);
    for (int i = 0; i < slots; ++i)
        for (int c = 0; c < vectors; ++c)
            sum[c] =
                hn::MulAdd(hn::Set(d, address[i]),
                           hn::LoadU(d, memory + (std::size_t(i) * vectors + c) * lanes), sum[c]);
    for (int c = 0; c < vectors; ++c)
        hn::StoreU(sum[c], d, read + c * lanes);
}

/// Steps `first` to `last` of a tile, a segment of the sequence that is known up to `end`, from the
/// memory at `from`. Returns where it is then: at `to`, or where it was if there is no step.
template <int vectors, class D, class T>
const T* forward_tile(D d, const Scan<T>& scan, int first, int last, int end, int column,
                      const T* from, T* to, T* read, T* memory) {
    const int width = static_cast<int>(hn::Lanes(d)) * vectors;
    for (int t = first; t < last; t += forward_steps) {
        const int count = std::min(forward_steps, last - t);
        T* const next = t + count == last ? to : memory;
        TileStep<T> steps[forward_steps];
        for (int s = 0; s < count; ++s) {
            const std::ptrdiff_t value = scan.value_at(t + s) + column;
            steps[s] = {scan.address_of(t + s), scan.erase + value, scan.add + value, next,
                        read + std::ptrdiff_t{t + s} * scan.value_dim + column};
            if (column + width < scan.value_dim)
                prefetch_tile<vectors>(d, steps[s].erase + width, steps[s].add + width,
                                       steps[s].read + width);
            if (const int ahead = t + s + prefetch_steps; ahead < end) {
                const std::ptrdiff_t soon = scan.value_at(ahead) + column;
                prefetch_tile<vectors>(d, scan.erase + soon, scan.add + soon);
            }
        }
        if (count == forward_steps)
            take_steps<forward_steps, true, false, vectors>(d, scan.slots, from, steps);
        else
            take_steps<1, true, false, vectors>(d, scan.slots, from, steps);
        from = next;
    }
    return from;
}

/// @param memory a tile's, scratch
/// @param states [slots, value_dim] scratch; null: there are checkpoints
template <class T>
void forward_sequence(const Scan<T>& scan, int sequence, T* read, T* checkpoints, T* memory,
                      T* states) {
    const int begin = scan.offsets[sequence], steps_end = scan.offsets[sequence + 1];
    const int end = scan.known_end ? scan.known_end[sequence] : steps_end;
    // Where the memory is before a segment.
    const auto state = [&](int segment, int column) {
        T* const tiles = states ? states : checkpoints + scan.checkpoint(sequence, segment);
        return tiles + std::ptrdiff_t{column} * scan.slots;
    };
    int first = begin, segment = 0;
    do {
        const int last = std::min(end, first + scan.segment);
        for_tiles<T, tile_vectors>(scan.value_dim, [&](auto d, auto vectors, int column) {
            const int width = static_cast<int>(hn::Lanes(d)) * vectors.value;
            T* const from = state(segment, column);
            if (segment == 0)
                copy_tile<vectors.value>(d, scan.slots, scan.initial_value + column, scan.value_dim,
                                         from, width);
            T* const to = last < end ? state(segment + 1, column) : memory;
            const T* const now = forward_tile<vectors.value>(d, scan, first, last, end, column,
                                                             from, to, read, memory);
            if (last < end) return;
            for (int t = end; t < steps_end; ++t)
                read_tile<vectors.value>(d, scan.slots, now, scan.address_of(t),
                                         read + std::ptrdiff_t{t} * scan.value_dim + column);
        });
        first = last;
        ++segment;
    } while (first < end);
}

#if HWY_TARGET != HWY_SCALAR
/// The sum of a vector's 128-bit blocks.
template <class D, class V>
HWY_INLINE auto sum_blocks(D d, V x) {
    if constexpr (hn::MaxLanes(D()) * sizeof(hn::TFromD<D>) == 16) {
        return x;
    } else {
        const hn::Half<D> half;
        return sum_blocks(half, hn::Add(hn::LowerHalf(half, x), hn::UpperHalf(half, x)));
    }
}

/// sums[0..3] += the sums of four vectors: interleaving and adding twice leaves one of the four in
/// each lane of a 128-bit block.
template <class D>
HWY_INLINE void add_four_sums(D d, const float* vectors, float* sums) {
    const hn::CappedTag<float, 4> block;
    const std::size_t lanes = hn::Lanes(d);
    const auto fold = [d](auto x, auto y) {
        return hn::Add(hn::InterleaveLower(d, x, y), hn::InterleaveUpper(d, x, y));
    };
    const auto ac = fold(hn::LoadU(d, vectors), hn::LoadU(d, vectors + 2 * lanes));
    const auto bd = fold(hn::LoadU(d, vectors + lanes), hn::LoadU(d, vectors + 3 * lanes));
    const auto sum = sum_blocks(d, fold(ac, bd));
    hn::StoreU(hn::Add(hn::LoadU(block, sums), sum), block, sums);
}
#endif

/// sums[i] += the sum of vector i, i = 0..n-1.
template <class D, class T>
HWY_INLINE void add_vector_sums(D d, int n, const T* vectors, T* sums) {
    int i = 0;
#if HWY_TARGET != HWY_SCALAR
    if constexpr (sizeof(T) == sizeof(float) && hn::MaxLanes(D()) >= 4)
        for (; i + 4 <= n; i += 4)
            add_four_sums(d, vectors + i * hn::Lanes(d), sums + i);
#endif
    for (; i < n; ++i)
        sums[i] += hn::GetLane(hn::SumOfLanes(d, hn::LoadU(d, vectors + i * hn::Lanes(d))));
}

/// The gradient through one step, from g = dL/dM_{t+1} (replaced by dL/dM_t) and the read's
/// gradient:
///   u = dread - e g,  dw_i = sum_columns (a g + M_i u),  de = -sum_i w_i g M_i,  da = sum_i w_i g,
///   g <- g + w_i u.
/// Writes dw, not yet summed over lanes, to `partial` [slots, lanes of a whole vector], or adds it.
template <int vectors, class D, class T>
HWY_INLINE void scan_step_backward(D d, int slots, const T* HWY_RESTRICT address, const T* erase,
                                   const T* add, const T* dread, const T* HWY_RESTRICT memory,
                                   T* HWY_RESTRICT g, Write write, T* HWY_RESTRICT partial,
                                   T* derase, T* dadd) {
    using V = hn::Vec<D>;
    const std::size_t lanes = hn::Lanes(d), whole = hn::Lanes(hn::ScalableTag<T>());
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
        V dw = write == Write::add ? hn::LoadU(d, partial + i * whole) : hn::Zero(d);
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
        hn::StoreU(dw, d, partial + i * whole);
    }
    for (int c = 0; c < vectors; ++c) {
        hn::StoreU(de[c], d, derase + c * lanes);
        hn::StoreU(da[c], d, dadd + c * lanes);
    }
}

/// Scratch of the backward pass.
template <class T>
struct BackwardScratch {
    T* states;   ///< the memories after each step of a segment but the last, of one tile
    T* g;        ///< the gradient of the memory, tile after tile
    T* partial;  ///< [steps of a segment][slots, lanes]: address gradients, not summed over lanes
};

/// Steps `first` to `last` of a tile, a segment, from the memory at `checkpoint`.
template <int vectors, class D, class T>
void backward_tile(D d, const Scan<T>& scan, const ScanGradient<T>& out, int first, int last,
                   int column, const T* checkpoint, T* g, const BackwardScratch<T>& scratch) {
    const hn::ScalableTag<T> whole;
    const int width = static_cast<int>(hn::Lanes(d)) * vectors;
    const std::ptrdiff_t size = std::ptrdiff_t{scan.slots} * width;
    // A tile that is the only one needs a step's sums for as long as the step.
    const std::ptrdiff_t partial_row =
        width == scan.value_dim ? 0
                                : std::ptrdiff_t{scan.slots} * static_cast<int>(hn::Lanes(whole));
    const auto kept = [&](int t) { return scratch.states + (t - first - 1) * size; };
    const auto state = [&](int t) { return t == first ? checkpoint : kept(t); };
    const auto replay = [&](int t) {
        const std::ptrdiff_t value = scan.value_at(t) + column;
        return TileStep<T>{scan.address_of(t), scan.erase + value, scan.add + value, kept(t + 1),
                           nullptr};
    };
    int t = first;
    for (; t + forward_steps < last; t += forward_steps) {
        TileStep<T> steps[forward_steps];
        for (int s = 0; s < forward_steps; ++s) {
            steps[s] = replay(t + s);
            if (const int ahead = t + s + prefetch_steps; ahead < last) {
                const std::ptrdiff_t value = scan.value_at(ahead) + column;
                prefetch_tile<vectors>(d, scan.erase + value, scan.add + value);
            }
        }
        take_steps<forward_steps, false, true, vectors>(d, scan.slots, state(t), steps);
    }
    for (; t + 1 < last; ++t) {
        const TileStep<T> one = replay(t);
        take_steps<1, false, true, vectors>(d, scan.slots, state(t), &one);
    }
    for (t = last - 1; t >= first; --t) {
        if (const int ahead = t - prefetch_steps; ahead >= first) {
            const std::ptrdiff_t value = scan.value_at(ahead) + column;
            prefetch_tile<vectors>(d, out.dread + std::ptrdiff_t{ahead} * scan.value_dim + column,
                                   scan.erase + value, scan.add + value, out.derase + value,
                                   out.dadd + value);
        }
        const std::ptrdiff_t value = scan.value_at(t) + column;
        if (const std::ptrdiff_t after = value + width; partial_row > 0)
            prefetch_tile<vectors>(
                d, out.dread + std::ptrdiff_t{t} * scan.value_dim + column + width,
                scan.erase + after, scan.add + after, out.derase + after, out.dadd + after);
        T* const partial = scratch.partial + (t - first) * partial_row;
        scan_step_backward<vectors>(d, scan.slots, scan.address_of(t), scan.erase + value,
                                    scan.add + value,
                                    out.dread + std::ptrdiff_t{t} * scan.value_dim + column,
                                    state(t), g, column > 0 ? Write::add : Write::replace, partial,
                                    out.derase + value, out.dadd + value);
        if (column + width == scan.value_dim)
            add_vector_sums(whole, scan.slots, partial,
                            out.daddress + std::ptrdiff_t{scan.address_row[t]} * scan.slots);
    }
}

template <class T>
void backward_sequence(const Scan<T>& scan, const ScanGradient<T>& out, int sequence,
                       const T* checkpoints, const BackwardScratch<T>& scratch) {
    const int begin = scan.offsets[sequence], end = scan.offsets[sequence + 1];
    const int lanes = static_cast<int>(hn::Lanes(hn::ScalableTag<T>()));
    std::fill_n(scratch.g, std::size_t(scan.slots) * scan.value_dim, T{0});
    for (int segment = (end - begin - 1) / scan.segment; segment >= 0; --segment) {
        const int first = begin + segment * scan.segment;
        const int last = std::min(end, first + scan.segment);
        const T* const checkpoint = checkpoints + scan.checkpoint(sequence, segment);
        // The first tile writes whole vectors, unless there are too few columns.
        if (scan.value_dim < lanes)
            std::fill_n(scratch.partial, std::ptrdiff_t{scan.segment} * scan.slots * lanes, T{0});
        for_tiles<T, tile_vectors>(scan.value_dim, [&](auto d, auto vectors, int column) {
            const std::ptrdiff_t tile = std::ptrdiff_t{column} * scan.slots;
            backward_tile<vectors.value>(d, scan, out, first, last, column, checkpoint + tile,
                                         scratch.g + tile, scratch);
        });
    }
    for_tiles<T, tile_vectors>(scan.value_dim, [&](auto d, auto vectors, int column) {
        const int width = static_cast<int>(hn::Lanes(d)) * vectors.value;
        const T* g = scratch.g + std::ptrdiff_t{column} * scan.slots;
        for (int i = 0; i < scan.slots; ++i, g += width)
            add_scaled<T>(width, 1, g,
                          out.dinitial_value + std::ptrdiff_t{i} * scan.value_dim + column);
    });
}

template <class T>
void scan_forward(int sequences, const Scan<T>& scan, T* read, T* checkpoints) {
    ScratchFrame frame;
    const std::size_t slots = scan.slots, lanes = hn::Lanes(hn::ScalableTag<T>());
    T* const memory = frame.take<T>(slots * tile_vectors * lanes);
    T* const states = checkpoints ? nullptr : frame.take<T>(slots * scan.value_dim);
    for (int s = 0; s < sequences; ++s)
        forward_sequence(scan, s, read, checkpoints, memory, states);
}

template <class T>
void scan_backward(int sequences, const Scan<T>& scan, const ScanGradient<T>& out,
                   const T* checkpoints) {
    ScratchFrame frame;
    const std::size_t slots = scan.slots, lanes = hn::Lanes(hn::ScalableTag<T>());
    const BackwardScratch<T> scratch{frame.take<T>(slots * tile_vectors * lanes * scan.segment),
                                     frame.take<T>(slots * scan.value_dim),
                                     frame.take<T>(slots * lanes * scan.segment)};
    for (int s = 0; s < sequences; ++s)
        backward_sequence(scan, out, s, checkpoints, scratch);
}

}  // namespace manygpcm::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace manygpcm::kernels {
namespace {

template <class T>
Scan<T> replica_scan(int r, const MemoryScanShape& shape, const MemoryScanInput<T>& in) {
    return {shape.slots,       shape.value_dim, shape.segment,      in.offsets[r],
            in.address_row[r], in.value_row[r], in.known_end[r],    in.address[r],
            in.erase[r],       in.add[r],       in.initial_value[r]};
}

/// Elements of the checkpoints of every sequence's segments.
double checkpoint_elements(Rows sequences, const MemoryScanShape& shape, RowIndex offsets) {
    std::int64_t segments = 0;
    for (int r = 0; r < sequences.replicas; ++r)
        for (int s = 0; s < sequences[r]; ++s)
            segments += (offsets[r][s + 1] - offsets[r][s] + shape.segment - 1) / shape.segment;
    return static_cast<double>(segments) * product(shape.slots, shape.value_dim);
}

}  // namespace

template <class T>
void compute(const MemoryScanForward<T>& args) {
    const auto& [sequences, steps, shape, in, read, checkpoints] = args;
    for (int r = 0; r < sequences.replicas; ++r)
        MANYGPCM_DISPATCH(scan_forward<T>)
    (sequences[r], replica_scan(r, shape, in), read[r], checkpoints[r]);
}

template <class T>
void compute(const MemoryScanBackward<T>& args) {
    const auto& [sequences, steps, address_rows, value_rows, shape, in, checkpoints, dread,
                 gradient] = args;
    for (int r = 0; r < sequences.replicas; ++r) {
        const ScanGradient<T> out{dread[r], gradient.address[r], gradient.erase[r], gradient.add[r],
                                  gradient.initial_value[r]};
        std::fill_n(out.daddress, std::size_t(address_rows[r]) * shape.slots, T{0});
        std::fill_n(out.derase, std::size_t(value_rows[r]) * shape.value_dim, T{0});
        std::fill_n(out.dadd, std::size_t(value_rows[r]) * shape.value_dim, T{0});
        MANYGPCM_DISPATCH(scan_backward<T>)
        (sequences[r], replica_scan(r, shape, in), out, checkpoints[r]);
    }
}

// An element of the memory counts 6 operations a step: read 2, write 4. The checkpoints that
// forward writes and backward reads count as its arrays. erase and add have at most a row a step.
template <class T>
Work work(const MemoryScanForward<T>& args) {
    const auto [slots, value_dim, segment] = args.shape;
    const double memory = product(slots, value_dim), n = total(args.steps);
    const double kept = checkpoint_elements(args.sequences, args.shape, args.in.offsets);
    return {.operations = 6 * n * memory,
            .read = n * (slots + 2 * value_dim + (args.in.value_row ? 2 : 1)) +
                    args.sequences.replicas * (memory + 1) + total(args.sequences),
            .written = n * value_dim + present(args.checkpoints, kept)};
}

// 16 a step and element of the memory: 4 for its value anew, then 12 for the gradients (address 4,
// erase 2, add 1, memory 2, and 3 that they share).
template <class T>
Work work(const MemoryScanBackward<T>& args) {
    const auto [slots, value_dim, segment] = args.shape;
    const double memory = product(slots, value_dim), n = total(args.steps);
    const double rows = total(args.address_rows) * slots + 2 * total(args.value_rows) * value_dim;
    return {.operations = 16 * n * memory,
            .read = rows + n * (value_dim + (args.in.value_row ? 2 : 1)) + args.sequences.replicas +
                    total(args.sequences) +
                    checkpoint_elements(args.sequences, args.shape, args.in.offsets),
            .written = rows,
            .added_to = args.sequences.replicas * memory};
}

MANYGPCM_INSTANTIATE_CALL(MemoryScanForward)
MANYGPCM_INSTANTIATE_CALL(MemoryScanBackward)

}  // namespace manygpcm::kernels
#endif
