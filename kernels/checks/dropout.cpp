#include "checks/checks.h"

namespace manygpcm::kernels::checks {
namespace {

struct Dropout {
    DropoutShape shape;
    bool keys = true;
    Write write = Write::replace;
};

void run_dropout(Run& run, const std::vector<int>& counts, int capacity, const Dropout& c) {
    const Rows rows = run.rows(counts, capacity);
    const int width = c.shape.width;
    const DropoutKey* const keys = c.keys ? dropout_keys(run, rows.replicas) : nullptr;
    const auto x = run.values(rows, width);
    const auto y = run.random(rows.replicas, capacity * width);
    run.backend().run(DropoutForward<float>{rows, c.shape, keys, x, y});
    run.expect_rows("y", rows, width, y);

    const auto dy = run.gradient(rows, width);
    const auto dx = c.write == Write::add ? run.values(rows, width) : run.replaced(rows, width);
    run.backend().run(DropoutBackward<float>{rows, c.shape, keys, dy, dx, c.write});
    run.expect("dx", rows.replicas, capacity * width, dx);
}

}  // namespace

void add_dropout_checks(Checks& checks) {
    const auto add = [&](const char* name, const Dropout& which) {
        checks.compare(std::string("dropout, ") + name, [=](Run& run) {
            run_dropout(run, {37, 0, 61}, 61, which);
        });
    };
    add("rows of 32", {{0.2, 3, 32}});
    add("rows of 7", {.shape = {0.1, 0, 7}, .write = Write::add});
    add("rows of 50", {{0.5, 1, 50}});
    add("rate 0", {{0, 1, 12}});
    add("no keys", {.shape = {0.3, 1, 12}, .keys = false, .write = Write::add});

    // Of the refinement's candidates, [steps, embed_dim].
    checks.time("dropout_forward", [](Operands& o, const ModelSizes& s) {
        const Rows rows = o.batch().steps;
        return DropoutForward<float>{rows,
                                     {timed_dropout_rate, 0, s.embed_dim},
                                     o.dropout_keys(),
                                     o.array(rows.capacity, s.embed_dim),
                                     o.array(rows.capacity, s.embed_dim)};
    });
    checks.time("dropout_backward", [](Operands& o, const ModelSizes& s) {
        const Rows rows = o.batch().steps;
        return DropoutBackward<float>{rows,
                                      {timed_dropout_rate, 0, s.embed_dim},
                                      o.dropout_keys(),
                                      o.array(rows.capacity, s.embed_dim),
                                      o.array(rows.capacity, s.embed_dim),
                                      Write::replace};
    });
}

}  // namespace manygpcm::kernels::checks
