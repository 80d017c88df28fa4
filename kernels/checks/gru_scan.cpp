#include <cmath>

#include "checks/checks.h"

namespace manygpcm::kernels::checks {
namespace {

/// @param input_rows shared between steps; 0: every step has its own
void run_gru(Run& run, int width, const std::vector<std::vector<int>>& lengths, int input_rows) {
    const Sequences cohort = sequences(run, lengths, 1, 5);
    const int replicas = cohort.rows.replicas, three = 3 * width;
    const Rows steps = cohort.steps;
    std::vector<int> counts;
    for (const int of_replica : run.counts(steps))
        counts.push_back(of_replica == 0 ? 0 : input_rows);
    const bool shared = input_rows > 0;
    const Rows rows = shared ? run.rows(counts, input_rows + 2) : steps;
    const GruShape shape{width};
    // Small enough that rounding errors don't grow from step to step.
    std::vector<float> weight(static_cast<std::size_t>(replicas * three * width));
    for (float& x : weight)
        x = static_cast<float>(run.uniform() / std::sqrt(width));
    const GruScanInput<float> in{cohort.offsets, run.random(replicas, rows.capacity * three),
                                 shared ? run.index(steps, input_rows) : RowIndex{},
                                 run.array(weight, replicas), run.random(replicas, three)};
    const auto state = run.replaced(steps, width), gates = run.replaced(steps, three),
               candidate = run.replaced(steps, width);
    run.backend().run(
        GruScanForward<float>{cohort.rows, steps, shape, in, state, gates, candidate});
    run.expect("state", replicas, steps.capacity * width, state);

    const auto dinput = run.replaced(rows, three), dweight = run.random(replicas, three * width),
               dbias = run.random(replicas, three);
    run.backend().run(GruScanBackward<float>{cohort.rows, steps, rows, shape, in, state, gates,
                                             candidate, run.gradient(steps, width), dinput, dweight,
                                             dbias});
    run.expect("dinput", replicas, rows.capacity * three, dinput);
    run.expect("dweight", replicas, three * width, dweight);
    run.expect("dbias", replicas, three, dbias);

    // Inference keeps no gates.
    const auto inferred = run.replaced(steps, width);
    run.backend().run(GruScanForward<float>{cohort.rows, steps, shape, in, inferred, {}, {}});
    run.expect("state without gates", replicas, steps.capacity * width, inferred);
}

GruScanForward<float> timed_gru(Operands& o, const ModelSizes& s) {
    const SampleBatch& batch = o.batch();
    const int width = s.value_dim, steps = batch.steps.capacity;
    // Weights about as large as they start.
    const float bound = 1 / static_cast<float>(width);
    return {batch.sequences,
            batch.steps,
            {width},
            {batch.offsets, o.array(batch.pairs.capacity, 3 * width), batch.pair_row,
             o.array(3 * width, width, -bound, bound), o.array(1, 3 * width)},
            o.array(steps, width),
            o.array(steps, 3 * width),
            o.array(steps, width)};
}

}  // namespace

void add_gru_scan_checks(Checks& checks) {
    const std::vector<std::vector<int>> few{{3, 17, 1, 35}, {}, {16, 32}};
    for (const int width : {1, 5, 32, 50, 100})
        checks.compare("GRU, " + std::to_string(width) + " wide",
                       [=](Run& run) { run_gru(run, width, few, 7); });
    checks.compare("GRU, an input a step", [=](Run& run) { run_gru(run, 6, few, 0); });
    // More columns than threads, and fewer sequences to a block.
    checks.compare("GRU, 300 wide", [](Run& run) { run_gru(run, 300, {{3, 2}, {2}}, 3); });
    checks.compare("GRU, 600 wide", [](Run& run) { run_gru(run, 600, {{2, 2}}, 2); });
    checks.compare("GRU, 900 wide", [](Run& run) { run_gru(run, 900, {{2}}, 2); });
    std::vector<int> many(40);
    for (int s = 0; s < 40; ++s)
        many[static_cast<std::size_t>(s)] = 1 + s % 7;
    checks.compare("GRU, many sequences", [=](Run& run) {
        run_gru(run, 9, {many, {4, 1}, {}}, 5);
    });

    checks.time("gru_scan_forward", timed_gru);
    checks.time("gru_scan_backward", [](Operands& o, const ModelSizes& s) {
        const GruScanForward<float> forward = timed_gru(o, s);
        o.backend().run(forward);
        const SampleBatch& batch = o.batch();
        const int width = forward.shape.width;
        return GruScanBackward<float>{forward.sequences,
                                      forward.steps,
                                      batch.pairs,
                                      forward.shape,
                                      forward.in,
                                      forward.state,
                                      forward.gates,
                                      forward.candidate,
                                      o.array(batch.steps.capacity, width),
                                      o.array(batch.pairs.capacity, 3 * width),
                                      o.array(3 * width, width),
                                      o.array(1, 3 * width)};
    });
}

}  // namespace manygpcm::kernels::checks
