// One warp walks a sequence with a tile of the memory in its registers: lanes share the slots and
// the columns, so that addresses, erasures and additions are each loaded once for a rectangle of
// cells. The rows of coming steps are copied into shared memory while those at hand are used. The
// memory is stored every 16 steps. The backward pass keeps a segment's memories in shared memory,
// one for every four steps, and computes those between anew, cell by cell, where they are needed.
#include <cuda_pipeline_primitives.h>

#include <algorithm>

#include "cuda_device.h"
#include "launch.h"
#include "rows.cuh"
#include "vectors.cuh"

namespace manygpcm::kernels::cuda {
namespace {

constexpr int segment_steps = 16;  // between checkpoints
constexpr int quad = 4;            // steps between the memories that the backward pass keeps
constexpr int quads = segment_steps / quad;
constexpr int lane_columns = 4;
// Sequences of a replica that backward warps take side by side; the others follow in turns, so that
// the gradients of the initial memory need no more room than that.
constexpr int sequence_turns = 16;
// Temporary memory above which the backward pass takes the replicas in several goes.
constexpr std::size_t most_workspace_floats = std::size_t{1} << 28;

/// How a warp's lanes share a tile: lane_slots cells down and lane_columns across each.
template <int lane_slots_, int slot_lanes_>
struct Tile {
    static constexpr int lane_slots = lane_slots_, slot_lanes = slot_lanes_;
    static constexpr int column_lanes = warp_size / slot_lanes;
    static constexpr int slots = lane_slots * slot_lanes, columns = column_lanes * lane_columns;
    static constexpr int floats = slots * columns;

    /// Floats of a step's rows in shared memory: `arrays` rows of this tile's columns, the address.
    static constexpr int record(int arrays) { return arrays * columns + slots; }
};

struct ScanArguments {
    MemoryScanShape shape;
    MemoryScanInput<float> in;
    Rows sequences;
    int first_replica, first_slot;  ///< of this launch
    int tiles;                      ///< of columns
    int slot_tiles;

    /// Floats of a whole memory, tile by tile.
    template <class T>
    __host__ __device__ std::size_t memory_floats() const {
        return static_cast<std::size_t>(slot_tiles) * static_cast<std::size_t>(tiles) * T::floats;
    }
};

/// One replica's arrays, and this lane's place in the tile.
template <class T>
struct Lane {
    int replica, tile, first_slot, slots;  ///< slots of the memory, from this launch's first on
    int slot, column;                      ///< first of this lane; slots are slot_lanes apart
    int columns;                           ///< of this lane that exist
    int value_dim, slot_stride;
    const std::int32_t *offsets, *address_row, *value_row;
    const float *address, *erase, *add, *initial_value;
    bool wide_address, wide_values;  ///< whether rows can be copied 16 bytes at a time

    __device__ Lane(const ScanArguments& scan, int block_tile) {
        const int lane = static_cast<int>(threadIdx.x);
        replica = scan.first_replica + static_cast<int>(blockIdx.z);
        tile = block_tile;
        first_slot = scan.first_slot;
        slot_stride = scan.shape.slots;
        value_dim = scan.shape.value_dim;
        slots = min(T::slots, slot_stride - first_slot);
        slot = lane % T::slot_lanes;
        column = tile * T::columns + lane / T::slot_lanes * lane_columns;
        columns = max(0, min(lane_columns, value_dim - column));
        offsets = scan.in.offsets[replica];
        address_row = scan.in.address_row[replica];
        value_row = scan.in.value_row[replica];
        address = scan.in.address[replica] + first_slot;
        erase = scan.in.erase[replica];
        add = scan.in.add[replica];
        initial_value = scan.in.initial_value[replica];
        wide_address = slot_stride % 4 == 0 && aligned(address);
        wide_values = value_dim % 4 == 0 && aligned(erase) && aligned(add);
    }

    __device__ static bool aligned(const float* array) {
        return reinterpret_cast<std::uintptr_t>(array) % sizeof(Floats<4>) == 0;
    }
    __device__ int cell(int j) const {
        return (first_slot + slot + j * T::slot_lanes) * value_dim + column;
    }
    __device__ bool has_slot(int j) const { return slot + j * T::slot_lanes < slots; }
};

/// The memory, or its gradient, in a lane's registers.
template <class T>
using Cells = float[T::lane_slots][lane_columns];

/// From [slots, value_dim]; what lies outside is zero.
template <class T>
__device__ void load_initial(const Lane<T>& lane, Cells<T>& cells) {
#pragma unroll
    for (int j = 0; j < T::lane_slots; ++j)
#pragma unroll
        for (int c = 0; c < lane_columns; ++c)
            cells[j][c] =
                lane.has_slot(j) && c < lane.columns ? lane.initial_value[lane.cell(j) + c] : 0;
}

/// Where a tile's piece of memory number `number` lies in an array of whole memories, each kept
/// tile by tile and in a tile as the lanes hold it: padded, but read and written 16 bytes at a time
/// whatever the shape.
template <class T>
__device__ std::size_t piece_at(const ScanArguments& scan, const Lane<T>& lane,
                                std::size_t number) {
    return ((number * scan.slot_tiles + lane.first_slot / T::slots) * scan.tiles + lane.tile) *
           T::floats;
}

/// The number of a checkpoint. The first memory is the same for all sequences; the other segments
/// of all sequences before are at most as many as their steps hold whole segments.
template <class T>
__device__ std::size_t checkpoint(const Lane<T>& lane, int sequence, int segment) {
    return segment == 0 ? 0
                        : static_cast<std::size_t>(lane.offsets[sequence] / segment_steps) +
                              static_cast<std::size_t>(segment);
}

template <class T>
__device__ void load_piece(const float* from, Cells<T>& cells) {
    const bool wide = Lane<T>::aligned(from);
#pragma unroll
    for (int j = 0; j < T::lane_slots; ++j) {
        const float* row = from + (j * warp_size + threadIdx.x) * lane_columns;
        Floats<4> value;
        if (wide)
            value = load<4>(row);
        else
            for (int c = 0; c < lane_columns; ++c)
                value.at[c] = row[c];
#pragma unroll
        for (int c = 0; c < lane_columns; ++c)
            cells[j][c] = value.at[c];
    }
}

template <class T>
__device__ void store_piece(const Cells<T>& cells, float* to) {
    const bool wide = Lane<T>::aligned(to);
#pragma unroll
    for (int j = 0; j < T::lane_slots; ++j) {
        float* row = to + (j * warp_size + threadIdx.x) * lane_columns;
        const Floats<4> value{{cells[j][0], cells[j][1], cells[j][2], cells[j][3]}};
        if (wide)
            store(row, value);
        else
            for (int c = 0; c < lane_columns; ++c)
                row[c] = value.at[c];
    }
}

__device__ inline void copy_float(float* to, const float* from) {
    __pipeline_memcpy_async(to, from, sizeof(float));
}
__device__ inline void copy_vector(float* to, const float* from) {
    __pipeline_memcpy_async(to, from, sizeof(Floats<4>));
}

/// Copies the rows of steps to shared memory, asynchronously. A record holds a tile's columns of
/// erase, add and, in the backward pass, dread, then the address.
template <class T, int arrays>
class StepCopies {
  public:
    static constexpr int size = T::record(arrays);
    static_assert(arrays * T::column_lanes <= warp_size);

    __device__ StepCopies(const Lane<T>& lane, const float* dread) : lane_(lane) {
        // A group of column_lanes lanes copies one array's columns.
        const int thread = static_cast<int>(threadIdx.x), group = thread / T::column_lanes;
        const int tile_column = thread % T::column_lanes * lane_columns;
        const int column = lane.tile * T::columns + tile_column;
        columns_ = group < arrays ? max(0, min(lane_columns, lane.value_dim - column)) : 0;
        by_step_ = group == 2;
        const float* array = group == 0 ? lane.erase : group == 1 ? lane.add : dread;
        from_ = columns_ > 0 ? array + column : nullptr;
        to_ = group * T::columns + tile_column;
        wide_ = lane.wide_values && (arrays == 2 || Lane<T>::aligned(dread));
    }

    /// Zeroes `records` records: what the copies leave out, columns and slots that don't exist.
    __device__ void clear(float* shared, int records) const {
        for (int i = static_cast<int>(threadIdx.x); i < records * size; i += warp_size)
            shared[i] = 0;
    }

    /// The row numbers of up to 32 steps from `first` on, one a lane.
    struct RowNumbers {
        int address = 0, value = 0;
    };
    __device__ RowNumbers row_numbers(int first, int end) const {
        const int step = first + static_cast<int>(threadIdx.x);
        if (step >= end) return {};
        return {lane_.address_row[step], lane_.value_row ? lane_.value_row[step] : step};
    }

    /// @param number of the step among those of `rows`
    __device__ void copy(const RowNumbers& rows, int number, int step, float* record) const {
        const int address_row = __shfl_sync(all_lanes, rows.address, number);
        const int value_row = __shfl_sync(all_lanes, rows.value, number);
        const float* address = lane_.address + std::ptrdiff_t{address_row} * lane_.slot_stride;
        float* to_address = record + arrays * T::columns;
        const int thread = static_cast<int>(threadIdx.x);
        if (lane_.wide_address) {
            for (int i = thread * 4; i < lane_.slots; i += warp_size * 4)
                copy_vector(to_address + i, address + i);
        } else {
            for (int i = thread; i < lane_.slots; i += warp_size)
                copy_float(to_address + i, address + i);
        }
        if (columns_ == 0) return;
        const float* from = from_ + std::ptrdiff_t{by_step_ ? step : value_row} * lane_.value_dim;
        if (wide_)
            copy_vector(record + to_, from);
        else
            for (int c = 0; c < columns_; ++c)
                copy_float(record + to_ + c, from + c);
    }

  private:
    const Lane<T>& lane_;
    const float* from_;
    int to_, columns_;
    bool by_step_, wide_;
};

/// This lane's part of a record.
template <class T>
__device__ Floats<4> record_columns(const float* record, int array) {
    return load<4>(record + array * T::columns +
                   static_cast<int>(threadIdx.x) / T::slot_lanes * lane_columns);
}
template <class T, int arrays>
__device__ float record_address(const float* record, int j) {
    return record[arrays * T::columns + static_cast<int>(threadIdx.x) % T::slot_lanes +
                  j * T::slot_lanes];
}

/// M (1 - w e) + w a
__device__ inline float written(float memory, float w, float e, float a) {
    return fmaf(w, fmaf(-e, memory, a), memory);
}

/// Sums x [n] over the lanes that differ in the bits from `high` down to `low`, and leaves each of
/// them `count` of the sums from number `first` on. Half of what is left is exchanged at each bit,
/// so that all takes little more than n shuffles.
struct Share {
    int first, count;
};
template <int n, int high, int low>
__device__ void share_sums(float* x, Share& share) {
    if constexpr (high >= low) {
        constexpr int half = (n + 1) / 2;
        const bool upper = (threadIdx.x & high) != 0;
#pragma unroll
        for (int j = 0; j < half; ++j) {
            const float a = x[j], b = j + half < n ? x[j + half] : 0;
            x[j] = (upper ? b : a) + __shfl_xor_sync(all_lanes, upper ? a : b, high);
        }
        share.first += upper ? half : 0;
        share.count = upper ? max(share.count - half, 0) : min(share.count, half);
        share_sums<half, high / 2, low>(x, share);
    }
}
/// How many of n sums a lane has left, at most.
template <int n, int high, int low>
constexpr int most_shared() {
    if constexpr (high >= low)
        return most_shared<(n + 1) / 2, high / 2, low>();
    else
        return n;
}

/// Sums of a value for every column over the lanes that share the slots, and then
/// store(column of the lane, sum) in one of them.
template <class T, class Store>
__device__ void sum_slots(const Lane<T>& lane, float (&x)[lane_columns], Store store_sum) {
    Share share{0, lane.columns};
    share_sums<lane_columns, T::slot_lanes / 2, 1>(x, share);
#pragma unroll
    for (int i = 0; i < most_shared<lane_columns, T::slot_lanes / 2, 1>(); ++i)
        if (i < share.count) store_sum(share.first + i, x[i]);
}

template <class T>
__global__ void __launch_bounds__(warp_size, 16)
    scan_forward_kernel(ScanArguments scan, PerReplica<float> read, PerReplica<float> checkpoints) {
    using Copies = StepCopies<T, 2>;
    const Lane<T> lane(scan, static_cast<int>(blockIdx.x) % scan.tiles);
    const int sequence = static_cast<int>(blockIdx.x) / scan.tiles;
    if (sequence >= scan.sequences[lane.replica]) return;
    const int begin = lane.offsets[sequence], end = lane.offsets[sequence + 1];
    const Copies copies(lane, nullptr);
    float* const records = block_shared<float>();  // [2][quad][size]
    float* const out = read[lane.replica] + lane.column;

    copies.clear(records, 2 * quad);
    __syncwarp();
    const auto copy = [&](const typename Copies::RowNumbers& rows, int first, int half) {
        for (int s = 0; s < quad && first + s < end; ++s)
            copies.copy(rows, s, first + s, records + (half * quad + s) * Copies::size);
        __pipeline_commit();
    };
    copy(copies.row_numbers(begin, end), begin, 0);
    auto rows = copies.row_numbers(begin + quad, end);

    Cells<T> memory;
    load_initial<T>(lane, memory);
    if (checkpoints && sequence == 0)
        store_piece<T>(memory, checkpoints[lane.replica] + piece_at(scan, lane, 0));
    for (int first = begin, half = 0; first < end; first += quad, half ^= 1) {
        copy(rows, first + quad, half ^ 1);
        rows = copies.row_numbers(first + 2 * quad, end);
        if (const int at = first - begin; checkpoints && at > 0 && at % segment_steps == 0)
            store_piece<T>(
                memory, checkpoints[lane.replica] +
                            piece_at(scan, lane, checkpoint(lane, sequence, at / segment_steps)));
        __pipeline_wait_prior(1);
        __syncwarp();
        for (int s = 0; s < quad && first + s < end; ++s) {
            const float* record = records + (half * quad + s) * Copies::size;
            const Floats<4> e = record_columns<T>(record, 0), a = record_columns<T>(record, 1);
            float sum[lane_columns] = {};
#pragma unroll
            for (int j = 0; j < T::lane_slots; ++j) {
                const float w = record_address<T, 2>(record, j);
#pragma unroll
                for (int c = 0; c < lane_columns; ++c) {
                    sum[c] = fmaf(w, memory[j][c], sum[c]);
                    memory[j][c] = written(memory[j][c], w, e.at[c], a.at[c]);
                }
            }
            float* const to = out + std::ptrdiff_t{first + s} * lane.value_dim;
            sum_slots<T>(lane, sum,
                         [&](int c, float x) { to[c] = lane.first_slot > 0 ? to[c] + x : x; });
        }
        __syncwarp();  // before the next copies overwrite this half
    }
}

/// What the backward pass writes: gradients by step, to be summed by row, and by turn.
struct ScanWorkspace {
    float* address;        ///< [replicas, tiles, steps, slots]
    float* initial_value;  ///< [replicas, turns, slots, value_dim]
    /// [replicas, steps, value_dim], or where every step has its own row the gradients themselves
    PerReplica<float> erase, add;
    int steps, turns;
};

/// Two consecutive steps of a tile, backwards; `ahead` steps lie between the memory at hand and
/// them. From g = dL/dM_{t+1} (replaced by dL/dM_t) and the read's gradient:
///   u = dread - e g,  dw_i = sum_columns (a g + M_i u),  de = -sum_i w_i g M_i,  da = sum_i w_i g,
///   g <- g + w_i u.
template <class T, int ahead>
struct StepPair {
    static constexpr int arrays = 3, steps = ahead + 2, half_columns = lane_columns / 2;
    float dw[2][T::lane_slots], de[2][lane_columns], da[2][lane_columns];

    /// @param state this lane's cells of the memory before record 0
    __device__ StepPair(const float* records, const float* state, Cells<T>& g) {
#pragma unroll
        for (int s = 0; s < 2; ++s) {
#pragma unroll
            for (int c = 0; c < lane_columns; ++c)
                de[s][c] = da[s][c] = 0;
#pragma unroll
            for (int j = 0; j < T::lane_slots; ++j)
                dw[s][j] = 0;
        }
#pragma unroll
        for (int half = 0; half < 2; ++half) {
            if (half == 1) __syncwarp();  // else the compiler would mix the halves again
            add_half(records, state, half * half_columns, g);
        }
    }

    /// Half of the columns at a time, which is what registers hold.
    __device__ void add_half(const float* records, const float* state, int first, Cells<T>& g) {
        constexpr int size = T::record(arrays);
        using Half = Floats<half_columns>;
        const int lane_column = static_cast<int>(threadIdx.x) / T::slot_lanes * lane_columns;
        const auto columns = [&](int s, int array) {
            return load<half_columns>(records + s * size + array * T::columns + lane_column +
                                      first);
        };
        Half e[steps], a[steps], dread[2];
#pragma unroll
        for (int s = 0; s < steps; ++s) {
            e[s] = columns(s, 0);
            a[s] = columns(s, 1);
            if (s >= ahead) dread[s - ahead] = columns(s, 2);
        }
#pragma unroll
        for (int j = 0; j < T::lane_slots; ++j) {
            const Half cells =
                load<half_columns>(state + j * warp_size * lane_columns + first * warp_size);
            float w[steps];
#pragma unroll
            for (int s = 0; s < steps; ++s)
                w[s] = record_address<T, arrays>(records + s * size, j);
#pragma unroll
            for (int c = 0; c < half_columns; ++c) {
                float memory[2] = {cells.at[c], 0};
#pragma unroll
                for (int s = 0; s < ahead; ++s)
                    memory[0] = written(memory[0], w[s], e[s].at[c], a[s].at[c]);
                memory[1] = written(memory[0], w[ahead], e[ahead].at[c], a[ahead].at[c]);
                const int column = first + c;
#pragma unroll
                for (int s = 1; s >= 0; --s) {
                    const float by = w[ahead + s], gradient = g[j][column];
                    const float u = fmaf(-e[ahead + s].at[c], gradient, dread[s].at[c]);
                    const float weighted = by * gradient;
                    dw[s][j] = fmaf(a[ahead + s].at[c], gradient, dw[s][j]);
                    dw[s][j] = fmaf(memory[s], u, dw[s][j]);
                    da[s][column] += weighted;
                    de[s][column] = fmaf(-weighted, memory[s], de[s][column]);
                    g[j][column] = fmaf(by, u, gradient);
                }
            }
        }
    }

    /// @param step the first of the two  @param end where the sequence ends
    __device__ void store(const Lane<T>& lane, const ScanWorkspace& out, int step, int end,
                          float* daddress) {
#pragma unroll
        for (int s = 0; s < 2; ++s) {
            if (step + s >= end) break;
            Share share{0, T::lane_slots};
            constexpr int high = warp_size / 2, low = T::slot_lanes;
            share_sums<T::lane_slots, high, low>(dw[s], share);
            float* const to = daddress + std::size_t(step + s) * lane.slot_stride + lane.first_slot;
#pragma unroll
            for (int i = 0; i < most_shared<T::lane_slots, high, low>(); ++i)
                if (const int j = share.first + i; i < share.count && lane.has_slot(j))
                    to[lane.slot + j * T::slot_lanes] = dw[s][i];

            const std::size_t at = std::size_t(step + s) * lane.value_dim + lane.column;
            const auto store_to = [&](PerReplica<float> array, int replica) {
                float* const row = array[replica] + at;
                return
                    [row, &lane](int c, float x) { row[c] = lane.first_slot > 0 ? row[c] + x : x; };
            };
            sum_slots<T>(lane, de[s], store_to(out.erase, lane.replica));
            sum_slots<T>(lane, da[s], store_to(out.add, lane.replica));
        }
    }
};

// Shared memory is what limits the blocks of a multiprocessor. Asked for a number of them, ptxas
// loads so much ahead for sm_100 that it spills.
template <class T>
__global__ void __launch_bounds__(warp_size)
    scan_backward_kernel(ScanArguments scan, PerReplica<const float> checkpoints,
                         PerReplica<const float> dread, ScanWorkspace out) {
    using Copies = StepCopies<T, 3>;
    const Lane<T> lane(scan, static_cast<int>(blockIdx.x) % scan.tiles);
    const int turn = static_cast<int>(blockIdx.x) / scan.tiles;
    const Copies copies(lane, dread[lane.replica]);
    float* const records = block_shared<float>();  // [segment_steps][size]
    float* const states = records + segment_steps * Copies::size +
                          threadIdx.x * 2;  // [quads][lane_slots][halves][lanes][2]
    const std::size_t rows_before =
        (std::size_t(blockIdx.z) * scan.tiles + lane.tile) * static_cast<std::size_t>(out.steps);
    float* const daddress = out.address + rows_before * lane.slot_stride;
    float* const dinitial_value =
        out.initial_value +
        piece_at(scan, lane, std::size_t(blockIdx.z) * out.turns + static_cast<unsigned>(turn));
    copies.clear(records, segment_steps);

    for (int sequence = turn; sequence < scan.sequences[lane.replica]; sequence += out.turns) {
        const int begin = lane.offsets[sequence], end = lane.offsets[sequence + 1];
        const int last_segment = max(0, ceil_div(end - begin, segment_steps) - 1);
        // A quad's missing steps become zeros, which change nothing.
        const auto copy_quad = [&](const typename Copies::RowNumbers& rows, int segment, int q) {
            for (int s = q * quad; s < (q + 1) * quad; ++s) {
                const int step = begin + segment * segment_steps + s;
                float* const record = records + s * Copies::size;
                if (step < end)
                    copies.copy(rows, s, step, record);
                else
                    copies.clear(record, 1);
            }
        };
        const auto row_numbers = [&](int segment) {
            return copies.row_numbers(begin + segment * segment_steps, end);
        };
        __syncwarp();  // all lanes are done with what the copies overwrite
        auto rows = row_numbers(last_segment);
        for (int q = 0; q < quads; ++q)
            copy_quad(rows, last_segment, q);
        __pipeline_commit();

        Cells<T> g = {};
        for (int segment = last_segment; segment >= 0; --segment) {
            const int first = begin + segment * segment_steps;
            const int used = ceil_div(min(segment_steps, end - first), quad);  // quads
            if (segment > 0) rows = row_numbers(segment - 1);
            {
                Cells<T> memory;
                load_piece<T>(checkpoints[lane.replica] +
                                  piece_at(scan, lane, checkpoint(lane, sequence, segment)),
                              memory);
                __pipeline_wait_prior(0);
                __syncwarp();
#pragma unroll 1
                for (int q = 0; q < used; ++q) {
#pragma unroll
                    for (int j = 0; j < T::lane_slots; ++j)
#pragma unroll
                        for (int c = 0; c < lane_columns; c += 2)
                            store(states + ((q * T::lane_slots + j) * lane_columns + c) * warp_size,
                                  Floats<2>{{memory[j][c], memory[j][c + 1]}});
                    if (q + 1 == used) break;
#pragma unroll 1
                    for (int s = q * quad; s < (q + 1) * quad; ++s) {
                        const float* record = records + s * Copies::size;
                        const Floats<4> e = record_columns<T>(record, 0);
                        const Floats<4> a = record_columns<T>(record, 1);
#pragma unroll
                        for (int j = 0; j < T::lane_slots; ++j) {
                            const float w = record_address<T, 3>(record, j);
#pragma unroll
                            for (int c = 0; c < lane_columns; ++c)
                                memory[j][c] = written(memory[j][c], w, e.at[c], a.at[c]);
                        }
                    }
                }
            }
#pragma unroll 1
            for (int q = quads - 1; q >= 0; --q) {
                const int step = first + q * quad;
                const float* const record = records + q * quad * Copies::size;
                const float* const state = states + q * T::lane_slots * warp_size * lane_columns;
                if (step + 2 < end) {
                    StepPair<T, 2> pair(record, state, g);
                    pair.store(lane, out, step + 2, end, daddress);
                }
                if (step < end) {
                    StepPair<T, 0> pair(record, state, g);
                    pair.store(lane, out, step, end, daddress);
                }
                __syncwarp();  // this quad's records are free
                if (segment > 0) copy_quad(rows, segment - 1, q);
            }
            __pipeline_commit();
        }
        if (sequence != turn) {
            Cells<T> before;
            load_piece<T>(dinitial_value, before);
#pragma unroll
            for (int j = 0; j < T::lane_slots; ++j)
#pragma unroll
                for (int c = 0; c < lane_columns; ++c)
                    g[j][c] += before[j][c];
        }
        store_piece<T>(g, dinitial_value);
    }
}

constexpr int initial_threads = 128;

/// @param partial [replicas, turns] memories as store_piece keeps them
template <class T>
__global__ void __launch_bounds__(initial_threads)
    sum_initial_values_kernel(ScanArguments scan, int turns, const float* partial,
                              PerReplica<float> sum) {
    const int replica = scan.first_replica + static_cast<int>(blockIdx.z);
    const int i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
    if (i >= scan.shape.slots * scan.shape.value_dim) return;
    const int slot = i / scan.shape.value_dim, column = i % scan.shape.value_dim;
    const int lane = column % T::columns / lane_columns * T::slot_lanes + slot % T::slot_lanes;
    const int piece = slot / T::slots * scan.tiles + column / T::columns;
    const float* from = partial + std::size_t(blockIdx.z) * turns * scan.memory_floats<T>() +
                        std::size_t(piece) * T::floats +
                        (slot % T::slots / T::slot_lanes * warp_size + lane) * lane_columns +
                        column % lane_columns;
    float total = 0;
    for (int turn = 0; turn < min(turns, scan.sequences[replica]); ++turn)
        total += from[turn * scan.memory_floats<T>()];
    sum[replica][i] += total;
}

/// Which tile suits a number of slots: the fewest cells that hold them, or the largest.
template <class Body>
void with_tile(int slots, Body body) {
    if (slots <= 20)
        body(Tile<5, 4>());
    else if (slots <= 32)
        body(Tile<8, 4>());
    else if (slots <= 52)
        body(Tile<13, 4>());
    else if (slots <= 64)
        body(Tile<8, 8>());
    else if (slots <= 104)
        body(Tile<13, 8>());
    else if (slots <= 208)
        body(Tile<13, 16>());
    else
        body(Tile<8, 32>());
}

template <class T>
ScanArguments arguments(const MemoryScanShape& shape, const MemoryScanInput<float>& in,
                        Rows sequences) {
    return {.shape = shape,
            .in = in,
            .sequences = sequences,
            .first_replica = 0,
            .first_slot = 0,
            .tiles = ceil_div(shape.value_dim, T::columns),
            .slot_tiles = ceil_div(shape.slots, T::slots)};
}

/// Adds up, for one row of addresses, what every tile of columns has for a step.
struct AddressTerm {
    const float* partial;  ///< [replicas, tiles, steps, slots]
    int first_replica, tiles, steps, slots;

    __device__ float operator()(int replica, int step, int slot) const {
        const float* from =
            partial + (std::size_t(replica - first_replica) * tiles * steps + step) * slots + slot;
        float sum = 0;
        for (int tile = 0; tile < tiles; ++tile)
            sum += from[std::size_t(tile) * steps * slots];
        return sum;
    }
};

struct ArrayTerm {
    PerReplica<float> array;
    int width;

    __device__ float operator()(int replica, int step, int column) const {
        return array[replica][std::size_t(step) * width + column];
    }
};

}  // namespace

std::size_t CudaDevice::memory_scan_checkpoint_size(const MemoryScanShape& shape, int steps,
                                                    int) const {
    const auto checkpoints = 1 + static_cast<std::size_t>(steps / segment_steps);
    std::size_t size = 0;
    with_tile(shape.slots, [&](auto tile) {
        using T = decltype(tile);
        size = checkpoints * arguments<T>(shape, {}, {}).template memory_floats<T>();
    });
    return size;
}

void CudaDevice::run(const MemoryScanForward<float>& args) {
    const auto& [sequences, steps, shape, in, read, checkpoints] = args;
    with_tile(shape.slots, [&](auto tile) {
        using T = decltype(tile);
        ScanArguments scan = arguments<T>(shape, in, sequences);
        for (; scan.first_slot < shape.slots; scan.first_slot += T::slots)
            launch({.grid = dim3(sequences.capacity * scan.tiles, 1, sequences.replicas),
                    .block = warp_size,
                    .stream = stream(),
                    .name = args.name,
                    .shared_bytes = 2 * quad * T::record(2) * sizeof(float)},
                   scan_forward_kernel<T>, scan, read, checkpoints);
    });
    zero_rows_beyond(stream(), steps, shape.value_dim, read);
}

void CudaDevice::run(const MemoryScanBackward<float>& args) {
    const auto& [sequences, steps, address_rows, value_rows, shape, in, checkpoints, dread,
                 gradient] = args;
    const int turns = std::min(sequence_turns, sequences.capacity);
    const bool shared_values = static_cast<bool>(in.value_row);
    const auto capacity = static_cast<std::size_t>(steps.capacity);
    const std::size_t value_size =
        shared_values ? capacity * static_cast<std::size_t>(shape.value_dim) : 0;
    with_tile(shape.slots, [&](auto tile) {
        using T = decltype(tile);
        ScanArguments scan = arguments<T>(shape, in, sequences);
        // A replica's parts of the workspace.
        const std::size_t address_size =
            static_cast<std::size_t>(scan.tiles) * capacity * static_cast<std::size_t>(shape.slots);
        const std::size_t initial_size =
            static_cast<std::size_t>(turns) * scan.template memory_floats<T>();
        const std::size_t replica_size = initial_size + address_size + 2 * value_size;
        const std::size_t at_once =
            std::clamp(most_workspace_floats / std::max(replica_size, std::size_t{1}),
                       std::size_t{1}, static_cast<std::size_t>(sequences.replicas));
        const std::size_t address_list = row_lists_size(steps, address_rows.capacity);
        const std::size_t value_list =
            shared_values ? row_lists_size(steps, value_rows.capacity) : 0;
        static_assert(sizeof(int) == sizeof(float));
        ScanWorkspace out{
            .address = nullptr,
            .initial_value = workspace<float>(replica_size * at_once + address_list + value_list),
            .erase = gradient.erase,
            .add = gradient.add,
            .steps = steps.capacity,
            .turns = turns};
        out.address = out.initial_value + initial_size * at_once;
        float* const values = out.address + address_size * at_once;
        int* const lists = reinterpret_cast<int*>(out.initial_value + replica_size * at_once);
        const RowLists by_address = list_rows(steps, address_rows.capacity, in.address_row, lists,
                                              "memory_scan_backward: addresses");
        const RowLists by_value =
            shared_values ? list_rows(steps, value_rows.capacity, in.value_row,
                                      lists + address_list, "memory_scan_backward: values")
                          : RowLists{};

        for (int first = 0; first < sequences.replicas; first += static_cast<int>(at_once)) {
            const int replicas = std::min(static_cast<int>(at_once), sequences.replicas - first);
            if (shared_values) {
                const auto stride = static_cast<std::ptrdiff_t>(value_size);
                out.erase = {values - first * stride, stride};
                out.add = {values + value_size * at_once - first * stride, stride};
            }
            scan.first_replica = first;
            for (scan.first_slot = 0; scan.first_slot < shape.slots; scan.first_slot += T::slots)
                launch({.grid = dim3(turns * scan.tiles, 1, replicas),
                        .block = warp_size,
                        .stream = stream(),
                        .name = args.name,
                        .shared_bytes =
                            (segment_steps * T::record(3) + quads * T::floats) * sizeof(float)},
                       scan_backward_kernel<T>, scan, checkpoints, dread, out);
            launch({.grid =
                        dim3(ceil_div(shape.slots * shape.value_dim, initial_threads), 1, replicas),
                    .block = initial_threads,
                    .stream = stream(),
                    .name = "memory_scan_backward: initial_value"},
                   sum_initial_values_kernel<T>, scan, turns,
                   static_cast<const float*>(out.initial_value), gradient.initial_value);
            sum_rows(stream(), "memory_scan_backward: address", by_address, first, replicas,
                     shape.slots,
                     AddressTerm{out.address, first, scan.tiles, steps.capacity, shape.slots},
                     ArrayResult{gradient.address, shape.slots});
            if (!shared_values) continue;
            sum_rows(stream(), "memory_scan_backward: erase", by_value, first, replicas,
                     shape.value_dim, ArrayTerm{out.erase, shape.value_dim},
                     ArrayResult{gradient.erase, shape.value_dim});
            sum_rows(stream(), "memory_scan_backward: add", by_value, first, replicas,
                     shape.value_dim, ArrayTerm{out.add, shape.value_dim},
                     ArrayResult{gradient.add, shape.value_dim});
        }
    });
    if (!shared_values) {
        zero_rows_beyond(stream(), value_rows, shape.value_dim, gradient.erase);
        zero_rows_beyond(stream(), value_rows, shape.value_dim, gradient.add);
    }
}

}  // namespace manygpcm::kernels::cuda
