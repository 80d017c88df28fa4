// The memory scan forward: memory_scan.cuh says how a warp walks. Where a backward pass is to
// follow, the memory is stored on the way.
#include "memory_scan.cuh"

namespace manygpcm::kernels::cuda {
using namespace memory_scan;
namespace {

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
    expect_known_responses(in.known_end, args.name);
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

}  // namespace manygpcm::kernels::cuda
