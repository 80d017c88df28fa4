#include <algorithm>
#include <cmath>

#include "checks/checks.h"

namespace manygpcm::kernels::checks {
namespace {

struct Scan {
    MemoryScanShape shape;
    std::vector<std::vector<int>> lengths;  ///< of the sequences, by replica
    int address_rows = 5;
    int value_rows = 7;  ///< 0: every step has its own
    int stride = 0;      ///< of the arrays' replicas, where not an arena's
};

void run_scan(Run& run, const Scan& c) {
    const Sequences cohort = sequences(run, c.lengths, 1, 5);
    const int replicas = cohort.rows.replicas, slots = c.shape.slots, width = c.shape.value_dim;
    const Rows steps = cohort.steps;
    const auto rows_of = [&](int n, int spare) {
        std::vector<int> counts;
        for (const int of_replica : run.counts(steps))
            counts.push_back(of_replica == 0 ? 0 : n);
        return run.rows(counts, n + spare);
    };
    const Rows addresses = rows_of(c.address_rows, 2);
    const Rows values = c.value_rows > 0 ? rows_of(c.value_rows, 3) : steps;
    const auto random = [&](int size) {
        return run.random(replicas, size, c.stride > 0 ? size + c.stride : 0);
    };
    /// Between 0 and `largest`.
    const auto positive = [&](int size, double largest) {
        std::vector<float> data(static_cast<std::size_t>(replicas) *
                                static_cast<std::size_t>(size + c.stride));
        for (float& x : data)
            x = static_cast<float>(largest * std::abs(run.uniform()));
        return run.array(data, replicas);
    };

    MemoryScanInput<float> in;
    in.offsets = cohort.offsets;
    // About as large as a softmax makes them.
    in.address = positive(addresses.capacity * slots, 2.0 / slots);
    in.address_row = run.index(steps, c.address_rows);
    in.erase = positive(values.capacity * width, 1);
    in.add = random(values.capacity * width);
    if (c.value_rows > 0) in.value_row = run.index(steps, c.value_rows);
    in.initial_value = random(slots * width);
    const std::size_t size =
        run.backend().memory_scan_checkpoint_size(c.shape, steps.capacity, cohort.rows.capacity);
    const auto checkpoints =
        run.array(std::vector<float>(static_cast<std::size_t>(replicas) * size), replicas);
    const auto read = run.replaced(steps, width);
    run.backend().run(MemoryScanForward<float>{cohort.rows, steps, c.shape, in, read, checkpoints});
    run.expect("read", replicas, steps.capacity * width, read);

    const auto dread = run.gradient(steps, width);
    const MemoryScanGradient<float> gradient{run.replaced(addresses, slots),
                                             run.replaced(values, width),
                                             run.replaced(values, width), random(slots * width)};
    run.backend().run(MemoryScanBackward<float>{cohort.rows, steps, addresses, values, c.shape, in,
                                                checkpoints, dread, gradient});
    run.expect("daddress", replicas, addresses.capacity * slots, gradient.address);
    run.expect("derase", replicas, values.capacity * width, gradient.erase);
    run.expect("dadd", replicas, values.capacity * width, gradient.add);
    run.expect("dinitial_value", replicas, slots * width, gradient.initial_value);

    // Inference keeps no checkpoints.
    const auto inferred = run.replaced(steps, width);
    run.backend().run(MemoryScanForward<float>{cohort.rows, steps, c.shape, in, inferred, {}});
    run.expect("read without checkpoints", replicas, steps.capacity * width, inferred);
}

/// @param pairs whether erase and add have a row a pair of question and category (deep_gpcm), not a
/// row a step (the attention models)
MemoryScanForward<float> timed_scan(Operands& o, const ModelSizes& s, bool pairs) {
    const SampleBatch& batch = o.batch();
    const MemoryScanShape shape{s.memory_size, s.value_dim};
    const int values = pairs ? batch.pairs.capacity : batch.steps.capacity;
    const float mean_address = 1 / static_cast<float>(shape.slots);
    MemoryScanInput<float> in;
    in.offsets = batch.offsets;
    in.address = o.array(batch.questions.capacity, shape.slots, 0, 2 * mean_address);
    in.address_row = batch.question_row;
    in.erase = o.array(values, shape.value_dim, 0, 1);
    in.add = o.array(values, shape.value_dim);
    if (pairs) in.value_row = batch.pair_row;
    in.initial_value = o.array(shape.slots, shape.value_dim);
    const std::size_t kept = o.backend().memory_scan_checkpoint_size(shape, batch.steps.capacity,
                                                                     batch.sequences.capacity);
    return {batch.sequences,
            batch.steps,
            shape,
            in,
            o.array(batch.steps.capacity, shape.value_dim),
            o.array(1, static_cast<int>(kept))};
}

void time_scan(Checks& checks, const std::string& name, bool pairs) {
    checks.time(name + "_forward",
                [=](Operands& o, const ModelSizes& s) { return timed_scan(o, s, pairs); });
    checks.time(name + "_backward", [=](Operands& o, const ModelSizes& s) {
        const MemoryScanForward<float> forward = timed_scan(o, s, pairs);
        o.backend().run(forward);
        const SampleBatch& batch = o.batch();
        const MemoryScanShape& shape = forward.shape;
        const Rows values = pairs ? batch.pairs : batch.steps;
        return MemoryScanBackward<float>{
            forward.sequences,
            forward.steps,
            batch.questions,
            values,
            shape,
            forward.in,
            forward.checkpoints,
            o.array(batch.steps.capacity, shape.value_dim),
            {o.array(batch.questions.capacity, shape.slots),
             o.array(values.capacity, shape.value_dim), o.array(values.capacity, shape.value_dim),
             o.array(shape.slots, shape.value_dim)}};
    });
}

}  // namespace

void add_memory_scan_checks(Checks& checks) {
    const auto add = [&](const std::string& name, const Scan& which) {
        checks.compare("memory scan, " + name, [=](Run& run) { run_scan(run, which); });
    };
    const std::vector<std::vector<int>> few{{3, 17, 1, 35}, {}, {16, 32}}, fewer{{5, 18}, {}, {2}};
    for (const int slots : {1, 20, 31, 50, 64, 100, 130})
        add(std::to_string(slots) + " slots", {{slots, 37}, few});
    add("more slots than a tile", {{600, 6}, fewer});
    add("values of every step's own", {.shape = {20, 32}, .lengths = few, .value_rows = 0});
    add("many slots, values of every step's own",
        {.shape = {300, 5}, .lengths = fewer, .value_rows = 0});
    add("whole vectors", {{52, 64}, few});
    add("arrays that allow no vectors", {.shape = {20, 64}, .lengths = few, .stride = 1});
    add("long sequences", {{13, 33}, {{200, 1}, {199}}});
    std::vector<int> many(40);
    for (int s = 0; s < 40; ++s)
        many[static_cast<std::size_t>(s)] = 1 + s % 7;
    add("many sequences", {{8, 9}, {many, {4, 1}, {}}});

    time_scan(checks, "memory_scan_steps", false);
    time_scan(checks, "memory_scan_pairs", true);
}

}  // namespace manygpcm::kernels::checks
