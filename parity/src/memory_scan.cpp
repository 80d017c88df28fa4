#include <algorithm>
#include <cmath>

#include "cases.h"

namespace manygpcm::parity {
namespace {

using kernels::Rows;

struct Scan {
    kernels::MemoryScanShape shape;
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

    kernels::MemoryScanInput<float> in;
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
    run.backend().memory_scan_forward(cohort.rows, steps, c.shape, in, read, checkpoints);
    run.expect("read", replicas, steps.capacity * width, read);

    const auto dread = run.gradient(steps, width);
    const kernels::MemoryScanGradient<float> gradient{
        run.replaced(addresses, slots), run.replaced(values, width), run.replaced(values, width),
        random(slots * width)};
    run.backend().memory_scan_backward(cohort.rows, steps, addresses, values, c.shape, in,
                                       checkpoints, dread, gradient);
    run.expect("daddress", replicas, addresses.capacity * slots, gradient.address);
    run.expect("derase", replicas, values.capacity * width, gradient.erase);
    run.expect("dadd", replicas, values.capacity * width, gradient.add);
    run.expect("dinitial_value", replicas, slots * width, gradient.initial_value);

    // Inference keeps no checkpoints.
    const auto inferred = run.replaced(steps, width);
    run.backend().memory_scan_forward(cohort.rows, steps, c.shape, in, inferred, {});
    run.expect("read without checkpoints", replicas, steps.capacity * width, inferred);
}

}  // namespace

void add_memory_scan_cases(std::vector<Case>& cases) {
    const auto add = [&](const std::string& name, const Scan& which) {
        cases.push_back({"memory scan, " + name, [=](Run& run) { run_scan(run, which); }});
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
}

}  // namespace manygpcm::parity
