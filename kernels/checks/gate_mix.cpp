#include "checks/checks.h"

namespace manygpcm::kernels::checks {
namespace {

void run_mix(Run& run, const std::vector<int>& counts, int capacity, int width, Write write) {
    const Rows rows = run.rows(counts, capacity);
    const auto g = run.values(rows, width), a = run.values(rows, width),
               b = run.values(rows, width);
    const auto y = run.random(rows.replicas, capacity * width);
    run.backend().run(GateMixForward<float>{rows, width, g, a, b, y});
    run.expect_rows("y", rows, width, y);

    const auto dy = run.gradient(rows, width);
    const auto dg = run.replaced(rows, width), da = run.replaced(rows, width);
    const auto db = write == Write::add ? run.values(rows, width) : run.replaced(rows, width);
    run.backend().run(GateMixBackward<float>{rows, width, g, a, b, dy, dg, da, db, write});
    run.expect("dg", rows.replicas, capacity * width, dg);
    run.expect("da", rows.replicas, capacity * width, da);
    run.expect("db", rows.replicas, capacity * width, db);
}

}  // namespace

void add_gate_mix_checks(Checks& checks) {
    checks.compare("gate mix", [](Run& run) { run_mix(run, {37, 0, 61}, 61, 32, Write::replace); });
    checks.compare("gate mix, rows of 7, added", [](Run& run) {
        run_mix(run, {37, 0, 61}, 62, 7, Write::add);
    });

    // The refinement's gate, [steps, embed_dim].
    checks.time("gate_mix_forward", [](Operands& o, const ModelSizes& s) {
        const Rows rows = o.batch().steps;
        const auto array = [&] { return o.array(rows.capacity, s.embed_dim); };
        return GateMixForward<float>{
            rows,    s.embed_dim, o.array(rows.capacity, s.embed_dim, 0, 1),
            array(), array(),     array()};
    });
    checks.time("gate_mix_backward", [](Operands& o, const ModelSizes& s) {
        const Rows rows = o.batch().steps;
        const auto array = [&] { return o.array(rows.capacity, s.embed_dim); };
        return GateMixBackward<float>{
            rows,          s.embed_dim, o.array(rows.capacity, s.embed_dim, 0, 1),
            array(),       array(),     array(),
            array(),       array(),     array(),
            Write::replace};
    });
}

}  // namespace manygpcm::kernels::checks
