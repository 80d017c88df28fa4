#include "manygpcm/kernels/memory_scan.h"

#include "cuda/cohort.h"

namespace manygpcm::kernels::testing {
namespace {

std::vector<Result> run(Backend& backend, const Lengths& lengths, const MemoryScanShape& shape,
                        bool shared_values, std::size_t pad) {
    Cohort cohort(backend, lengths);
    const Rows sequences = cohort.sequences(), steps = cohort.steps();
    const std::vector<int> n_steps = lengths.steps();
    std::vector<int> n_addresses, n_values;
    for (const int n : n_steps) {
        n_addresses.push_back(n == 0 ? 0 : 4);
        n_values.push_back(n == 0 ? 0 : 6);
    }
    const Rows addresses = cohort.rows(n_addresses, 7);
    const Rows values = shared_values ? cohort.rows(n_values, 9) : steps;
    if (!shared_values) n_values = n_steps;

    MemoryScanInput<float> in;
    in.offsets = cohort.offsets();
    in.address_row = cohort.index({4, 4, 4, 4});
    if (shared_values) in.value_row = cohort.index({6, 6, 6, 6});
    const std::size_t address_size = product(addresses.capacity, shape.slots);
    const std::size_t value_size = product(values.capacity, shape.value_dim);
    const std::size_t read_size = product(steps.capacity, shape.value_dim);
    const std::size_t cells = product(shape.slots, shape.value_dim);
    // A sum of squares near 1 over the slots, as a softmax makes it.
    in.address = cohort.floats(address_size, pad,
                               [&] { return 2 * cohort.random().uniform() / shape.slots; });
    in.erase = cohort.fractions(value_size, pad);
    in.add = cohort.normals(value_size, pad);
    in.initial_value = cohort.normals(cells, pad);
    const PerReplica<float> read = cohort.normals(read_size, pad);
    const PerReplica<float> dread = cohort.normals(read_size, pad);
    const MemoryScanGradient<float> gradient{
        cohort.normals(address_size, pad), cohort.normals(value_size, pad),
        cohort.normals(value_size, pad), cohort.normals(cells, pad)};
    const std::size_t size =
        backend.memory_scan_checkpoint_size(shape, steps.capacity, sequences.capacity);
    const BackendArray<float> checkpoints(backend, size * lengths.of.size(), "checkpoints");

    backend.memory_scan_forward(sequences, steps, shape, in, read,
                                {checkpoints.data(), static_cast<std::ptrdiff_t>(size)});
    const auto read_values = cohort.download(read, read_size);
    backend.memory_scan_backward(sequences, steps, addresses, values, shape, in,
                                 {checkpoints.data(), static_cast<std::ptrdiff_t>(size)}, dread,
                                 gradient);
    // Inference keeps no checkpoints and must read the same.
    backend.memory_scan_forward(sequences, steps, shape, in, read, {});
    EXPECT_EQ(read_values, cohort.download(read, read_size));
    const std::vector<std::size_t> all(lengths.of.size(), cells);
    return {
        {"read", read_values, times(n_steps, shape.value_dim)},
        {"address", cohort.download(gradient.address, address_size),
         times(n_addresses, shape.slots)},
        {"erase", cohort.download(gradient.erase, value_size), times(n_values, shape.value_dim)},
        {"add", cohort.download(gradient.add, value_size), times(n_values, shape.value_dim)},
        {"initial_value", cohort.download(gradient.initial_value, cells), all}};
}

const Lengths few{{{3, 17, 1, 35}, {}, {16, 32}}};

void check(const Lengths& lengths, int slots, int value_dim, bool shared_values,
           std::size_t pad = 0) {
    SCOPED_TRACE("slots " + std::to_string(slots) + ", value_dim " + std::to_string(value_dim));
    check_parity([&](Backend& backend) {
        return run(backend, lengths, {.slots = slots, .value_dim = value_dim}, shared_values, pad);
    });
}

TEST(CudaMemoryScan, EveryTile) {
    for (const int slots : {1, 20, 31, 50, 64, 100, 130})
        check(few, slots, 37, true);
}

TEST(CudaMemoryScan, MoreSlotsThanATile) {
    check({{{5, 18}, {}, {2}}}, 600, 6, true);
}

TEST(CudaMemoryScan, AStepsOwnValues) {
    check(few, 20, 32, false);
    check({{{5, 18}, {}, {2}}}, 300, 5, false);
}

TEST(CudaMemoryScan, ArraysThatAllowVectorsAndArraysThatDoNot) {
    for (const std::size_t pad : {0, 1})
        check(few, 52, 64, true, pad);
}

TEST(CudaMemoryScan, MoreSequencesThanTurns) {
    Lengths lengths{{{}, {4, 1}, {}}};
    for (int s = 0; s < 40; ++s)
        lengths.of[0].push_back(1 + s % 7);
    check(lengths, 8, 9, true);
}

TEST(CudaMemoryScan, LongSequences) {
    check({{{200, 1}, {199}}}, 13, 33, true);
}

}  // namespace
}  // namespace manygpcm::kernels::testing
