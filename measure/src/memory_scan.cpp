// The memory's recurrence, with a row of erase and add a step (`steps`: the attention models) or a
// row a pair of question and category (`pairs`: deep_gpcm).
#include "manygpcm/kernels/memory_scan.h"

#include "operation_list.h"

namespace manygpcm::measure {
namespace {

/// Inputs and results of a scan over the batch.
struct Scan {
    Scan(Operands& o, const Hyperparameters& h, RowKind value_kind)
        : backend(o.backend()),
          sequences(o.rows(RowKind::sequences)),
          steps(o.rows(RowKind::steps)),
          questions(o.rows(RowKind::questions)),
          value_rows(o.rows(value_kind)),
          shape{h.memory_size, h.value_dim} {
        const float mean_address = 1 / static_cast<float>(shape.slots);
        in.offsets = o.index(BatchIndex::offsets);
        in.address = o.array(questions.capacity, shape.slots, 0, 2 * mean_address);
        in.address_row = o.index(BatchIndex::question_row);
        in.erase = o.array(value_rows.capacity, shape.value_dim, 0, 1);
        in.add = o.array(value_rows.capacity, shape.value_dim);
        if (value_kind == RowKind::pairs) in.value_row = o.index(BatchIndex::pair_row);
        in.initial_value = o.array(shape.slots, shape.value_dim);
        read = o.array(steps.capacity, shape.value_dim);
        const std::size_t kept =
            backend.memory_scan_checkpoint_size(shape, steps.capacity, sequences.capacity);
        checkpoints = o.array(1, static_cast<int>(kept));
    }

    void forward() const {
        backend.memory_scan_forward(sequences, steps, shape, in, read, checkpoints);
    }

    kernels::Backend& backend;
    kernels::Rows sequences, steps, questions, value_rows;
    kernels::MemoryScanShape shape;
    kernels::MemoryScanInput<float> in;
    kernels::PerReplica<float> read, checkpoints;
};

Call backward(Operands& o, const Hyperparameters& h, RowKind value_kind) {
    const Scan scan(o, h, value_kind);
    scan.forward();
    const kernels::MemoryScanShape& shape = scan.shape;
    const auto dread = o.array(scan.steps.capacity, shape.value_dim);
    const kernels::MemoryScanGradient<float> gradient{
        o.array(scan.questions.capacity, shape.slots),
        o.array(scan.value_rows.capacity, shape.value_dim),
        o.array(scan.value_rows.capacity, shape.value_dim), o.array(shape.slots, shape.value_dim)};
    return [=] {
        scan.backend.memory_scan_backward(scan.sequences, scan.steps, scan.questions,
                                          scan.value_rows, scan.shape, scan.in, scan.checkpoints,
                                          dread, gradient);
    };
}

}  // namespace

Call memory_scan_steps_forward(Operands& o, const Hyperparameters& h) {
    return [scan = Scan(o, h, RowKind::steps)] { scan.forward(); };
}
Call memory_scan_steps_backward(Operands& o, const Hyperparameters& h) {
    return backward(o, h, RowKind::steps);
}
Call memory_scan_pairs_forward(Operands& o, const Hyperparameters& h) {
    return [scan = Scan(o, h, RowKind::pairs)] { scan.forward(); };
}
Call memory_scan_pairs_backward(Operands& o, const Hyperparameters& h) {
    return backward(o, h, RowKind::pairs);
}

}  // namespace manygpcm::measure
