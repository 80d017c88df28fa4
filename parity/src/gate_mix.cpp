#include "cases.h"

namespace manygpcm::parity {
namespace {

using kernels::Write;

void run_mix(Run& run, const std::vector<int>& counts, int capacity, int width, Write write) {
    const kernels::Rows rows = run.rows(counts, capacity);
    const auto g = run.values(rows, width), a = run.values(rows, width),
               b = run.values(rows, width);
    const auto y = run.random(rows.replicas, capacity * width);
    run.backend().gate_mix_forward(rows, width, g, a, b, y);
    run.expect_rows("y", rows, width, y);

    const auto dy = run.gradient(rows, width);
    const auto dg = run.replaced(rows, width), da = run.replaced(rows, width);
    const auto db = write == Write::add ? run.values(rows, width) : run.replaced(rows, width);
    run.backend().gate_mix_backward(rows, width, g, a, b, dy, dg, da, db, write);
    run.expect("dg", rows.replicas, capacity * width, dg);
    run.expect("da", rows.replicas, capacity * width, da);
    run.expect("db", rows.replicas, capacity * width, db);
}

}  // namespace

void add_gate_mix_cases(std::vector<Case>& cases) {
    cases.push_back({"gate mix", [](Run& run) {
                         run_mix(run, {37, 0, 61}, 61, 32, Write::replace);
                     }});
    cases.push_back({"gate mix, rows of 7, added", [](Run& run) {
                         run_mix(run, {37, 0, 61}, 62, 7, Write::add);
                     }});
}

}  // namespace manygpcm::parity
