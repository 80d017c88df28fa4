#include "checks/checks.h"

namespace manygpcm::kernels::checks {
namespace {

void run_ascending(Run& run, const AscendingShape& shape) {
    const int capacity = 62;
    const Rows rows = run.rows({37, 0, 61}, capacity);
    const auto x = run.values(rows, shape.width);
    const auto y = run.random(rows.replicas, capacity * shape.width);
    run.backend().run(AscendingForward<float>{rows, shape, x, y});
    run.expect_rows("y", rows, shape.width, y);
    const auto dy = run.gradient(rows, shape.width);
    const auto dx = run.replaced(rows, shape.width);
    run.backend().run(AscendingBackward<float>{rows, shape, x, y, dy, dx});
    run.expect("dx", rows.replicas, capacity * shape.width, dx);
}

}  // namespace

void add_ascending_checks(Checks& checks) {
    for (const int width : {1, 2, 3, 7, 99})
        for (const bool bounded : {false, true})
            checks.compare(
                "ascending, " + std::to_string(width) + " columns" + (bounded ? ", bounded" : ""),
                [=](Run& run) { run_ascending(run, {.width = width, .bounded = bounded}); });
    checks.compare("ascending behind a slope",
                   [](Run& run) { run_ascending(run, {.width = 4, .first = 1}); });

    checks.time("ascending_forward", [](Operands& o, const ModelSizes&) {
        const Rows rows = o.batch().questions;
        const auto array = [&] { return o.array(rows.capacity, n_categories - 1); };
        return AscendingForward<float>{rows, {.width = n_categories - 1}, array(), array()};
    });
    checks.time("ascending_backward", [](Operands& o, const ModelSizes&) {
        const Rows rows = o.batch().questions;
        const auto array = [&] { return o.array(rows.capacity, n_categories - 1); };
        return AscendingBackward<float>{
            rows, {.width = n_categories - 1}, array(), array(), array(), array()};
    });
}

}  // namespace manygpcm::kernels::checks
