#include "checks/checks.h"

namespace manygpcm::kernels::checks {
namespace {

void run_dots(Run& run, int width, int table_rows, Write write, int stride = 0) {
    const Rows rows = run.rows({44, 0, 131}, 135);
    const Rows table = run.rows({table_rows, 0, table_rows}, table_rows + 2);
    const auto random = [&](const Rows& of) {
        const int size = of.capacity * width;
        return run.random(of.replicas, size, stride > 0 ? size + stride : 0);
    };
    const auto x = random(rows), weights = random(table), y = run.values(rows, 1);
    const RowIndex row = run.index(rows, table_rows);
    run.backend().run(RowDotForward<float>{rows, width, x, weights, row, y});
    run.expect_rows("y", rows, 1, y);

    const auto dx = write == Write::add ? run.values(rows, width) : run.replaced(rows, width);
    const auto dtable = run.replaced(table, width);
    run.backend().run(RowDotBackward<float>{rows, table, width, x, weights, row,
                                            run.gradient(rows, 1), dx, write, dtable});
    run.expect("dx", rows.replicas, rows.capacity * width, dx);
    run.expect("dtable", rows.replicas, table.capacity * width, dtable);
}

RowDotForward<float> timed_dots(Operands& o, const ModelSizes& s) {
    const SampleBatch& batch = o.batch();
    const int width = s.value_dim, steps = batch.steps.capacity;
    return {batch.steps,           width,
            o.array(steps, width), o.array(batch.questions.capacity, width),
            batch.question_row,    o.array(steps, 1)};
}

}  // namespace

void add_row_dot_checks(Checks& checks) {
    for (const int width : {1, 7, 50, 64, 130, 1030})
        checks.compare("row dot, " + std::to_string(width) + " wide",
                       [=](Run& run) { run_dots(run, width, 7, Write::replace); });
    checks.compare("row dot, added gradients", [](Run& run) { run_dots(run, 12, 7, Write::add); });
    checks.compare("row dot, arrays that allow no vectors",
                   [](Run& run) { run_dots(run, 32, 7, Write::replace, 1); });
    checks.compare("row dot, one row of the table",
                   [](Run& run) { run_dots(run, 6, 1, Write::replace); });
    checks.compare("row dot, more rows of the table than steps",
                   [](Run& run) { run_dots(run, 6, 500, Write::replace); });

    checks.time("row_dot_forward", timed_dots);
    checks.time("row_dot_backward", [](Operands& o, const ModelSizes& s) {
        const auto [rows, width, x, table, row, y] = timed_dots(o, s);
        const Rows questions = o.batch().questions;
        return RowDotBackward<float>{rows,
                                     questions,
                                     width,
                                     x,
                                     table,
                                     row,
                                     y,
                                     o.array(rows.capacity, width),
                                     Write::replace,
                                     o.array(questions.capacity, width)};
    });
}

}  // namespace manygpcm::kernels::checks
