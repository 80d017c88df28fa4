// The memory scan backward. It keeps a segment's memories in shared memory, one for every four
// steps, and computes those between anew, cell by cell, where they are needed.
#include "memory_scan.cuh"

namespace manygpcm::kernels::cuda {
using namespace memory_scan;
namespace {

// Sequences of a replica that backward warps take side by side; the others follow in turns, so that
// the gradients of the initial memory need no more room than that.
constexpr int sequence_turns = 16;
// Temporary memory above which the backward pass takes the replicas in several goes.
constexpr std::size_t most_workspace_floats = std::size_t{1} << 28;

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
