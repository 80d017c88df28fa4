// The memory's recurrence, with a row of erase and add a step (`steps`: the attention models) or a
// row a pair of question and category (`pairs`: deep_gpcm). An element of the memory counts 6
// operations a step forward (read 2, write 4) and 16 backward: 4 for its value anew, then 12 for
// the gradients (address 4, erase 2, add 1, memory 2, and 3 that they share). The checkpoints that
// forward writes and backward reads count as its arrays.
#include "manygpcm/kernels/memory_scan.h"

#include "batches.h"
#include "roofline.h"

namespace manygpcm::bench {
namespace {

/// Inputs of a scan over the sample batch.
struct Scan {
    Scan(const Hyperparameters& h, RowKind value_kind)
        : value_rows(sample_batch().rows(value_kind)),
          slots(h.memory_size),
          value_dim(h.value_dim),
          address(questions[0], slots, 0, 2 / static_cast<float>(slots)),
          erase(value_rows[0], value_dim, 0, 1),
          add(value_rows[0], value_dim),
          initial_value(slots, value_dim),
          read(steps, value_dim),
          checkpoints(1, static_cast<int>(
                             kernels::memory_scan_checkpoint_size(shape(), steps, sequences[0]))) {
        in.offsets = sample_batch().index(BatchIndex::offsets);
        in.address = address;
        in.address_row = sample_batch().index(BatchIndex::question_row);
        in.erase = erase;
        in.add = add;
        if (value_kind == RowKind::pairs) in.value_row = sample_batch().index(BatchIndex::pair_row);
        in.initial_value = initial_value;
    }

    kernels::MemoryScanShape shape() const {
        kernels::MemoryScanShape shape;
        shape.slots = slots;
        shape.value_dim = value_dim;
        return shape;
    }
    double memory() const { return elements(slots, value_dim); }
    /// Elements of the checkpoints of every sequence's segments.
    double checkpoint_elements() const {
        int segments = 0;
        for (int s = 0; s < sequences[0]; ++s)
            segments +=
                (in.offsets[0][s + 1] - in.offsets[0][s] + shape().segment - 1) / shape().segment;
        return segments * memory();
    }
    /// Elements of the inputs, row numbers included.
    double input_elements() const {
        return elements(questions[0], slots) + 2 * elements(value_rows[0], value_dim) + memory() +
               sequences[0] + 1 + elements(steps, in.value_row ? 2 : 1);
    }

    void forward() {
        kernels::memory_scan_forward<float>(sequences, shape(), in, read, checkpoints);
    }

    kernels::Rows sequences = sample_batch().rows(RowKind::sequences);
    kernels::Rows questions = sample_batch().rows(RowKind::questions);
    kernels::Rows value_rows;
    int steps = count(RowKind::steps), slots, value_dim;
    Array address, erase, add, initial_value, read, checkpoints;
    kernels::MemoryScanInput<float> in;
};

void forward(benchmark::State& state, Scan scan) {
    const Work work{.flops = 6 * scan.steps * scan.memory(),
                    .read = scan.input_elements(),
                    .written = elements(scan.steps, scan.value_dim) + scan.checkpoint_elements()};
    measure(state, work, [&] { scan.forward(); });
}

void backward(benchmark::State& state, Scan scan) {
    scan.forward();
    const Array dread(scan.steps, scan.value_dim);
    Array daddress(scan.questions[0], scan.slots), derase(scan.value_rows[0], scan.value_dim);
    Array dadd(scan.value_rows[0], scan.value_dim), dinitial_value(scan.slots, scan.value_dim);
    const Work work{.flops = 16 * scan.steps * scan.memory(),
                    .read = scan.input_elements() - scan.memory() + scan.checkpoint_elements() +
                            elements(scan.steps, scan.value_dim),
                    .written = elements(scan.questions[0], scan.slots) +
                               2 * elements(scan.value_rows[0], scan.value_dim),
                    .added_to = scan.memory()};
    measure(state, work, [&] {
        kernels::memory_scan_backward<float>(scan.sequences, scan.questions, scan.value_rows,
                                             scan.shape(), scan.in, scan.checkpoints, dread,
                                             {daddress, derase, dadd, dinitial_value});
    });
}

void memory_scan_steps_forward(benchmark::State& state, const Hyperparameters& h) {
    forward(state, Scan(h, RowKind::steps));
}
void memory_scan_steps_backward(benchmark::State& state, const Hyperparameters& h) {
    backward(state, Scan(h, RowKind::steps));
}
void memory_scan_pairs_forward(benchmark::State& state, const Hyperparameters& h) {
    forward(state, Scan(h, RowKind::pairs));
}
void memory_scan_pairs_backward(benchmark::State& state, const Hyperparameters& h) {
    backward(state, Scan(h, RowKind::pairs));
}

MANYGPCM_BENCHMARK(memory_scan_steps_forward);
MANYGPCM_BENCHMARK(memory_scan_steps_backward);
MANYGPCM_BENCHMARK(memory_scan_pairs_forward);
MANYGPCM_BENCHMARK(memory_scan_pairs_backward);

}  // namespace
}  // namespace manygpcm::bench
