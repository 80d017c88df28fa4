#include "checks/checks.h"

namespace manygpcm::kernels::checks {
namespace {

void run_norm(Run& run, const std::vector<int>& counts, int capacity, const LayerNormShape& shape,
              Write write) {
    const Rows rows = run.rows(counts, capacity);
    const int width = shape.width;
    const auto x = run.values(rows, width);
    const auto gain = run.random(rows.replicas, width), bias = run.random(rows.replicas, width);
    const auto y = run.random(rows.replicas, capacity * width);
    const auto statistics = run.random(rows.replicas, capacity * 2);
    run.backend().run(LayerNormForward<float>{rows, shape, x, gain, bias, y, statistics});
    run.expect_rows("y", rows, width, y);
    run.expect_rows("statistics", rows, 2, statistics);

    const auto dy = run.gradient(rows, width);
    const auto dx = write == Write::add ? run.values(rows, width) : run.replaced(rows, width);
    const auto dgain = run.random(rows.replicas, width), dbias = run.random(rows.replicas, width);
    run.backend().run(
        LayerNormBackward<float>{rows, shape, x, gain, y, statistics, dy, dx, write, dgain, dbias});
    run.expect("dx", rows.replicas, capacity * width, dx);
    run.expect("dgain", rows.replicas, width, dgain);
    run.expect("dbias", rows.replicas, width, dbias);
}

LayerNormForward<float> timed_norm(Operands& o, const ModelSizes& s) {
    const Rows rows = o.batch().steps;
    return {rows,
            {s.embed_dim, true},
            o.array(rows.capacity, s.embed_dim),
            o.array(1, s.embed_dim),
            o.array(1, s.embed_dim),
            o.array(rows.capacity, s.embed_dim),
            o.array(rows.capacity, 2)};
}

}  // namespace

void add_layer_norm_checks(Checks& checks) {
    const auto add = [&](const char* name, const LayerNormShape& shape, Write write) {
        checks.compare(std::string("layer norm, ") + name, [=](Run& run) {
            run_norm(run, {37, 0, 300}, 301, shape, write);
        });
    };
    add("rows of 32, relu", {32, true}, Write::replace);
    add("rows of 128", {128, false}, Write::add);
    add("rows of 50, relu", {50, true}, Write::add);
    add("rows of 7", {7, false}, Write::replace);
    add("rows of 133", {133, false}, Write::replace);
    checks.compare("layer norm, rows of 4099", [](Run& run) {
        run_norm(run, {3}, 4, {4099, true}, Write::replace);
    });

    // With its relu, as the fusion has it: [steps, embed_dim].
    checks.time("layer_norm_forward", timed_norm);
    checks.time("layer_norm_backward", [](Operands& o, const ModelSizes& s) {
        const LayerNormForward<float> forward = timed_norm(o, s);
        o.backend().run(forward);
        const auto array = [&](int rows) { return o.array(rows, forward.shape.width); };
        const int capacity = forward.rows.capacity;
        return LayerNormBackward<float>{forward.rows,    forward.shape,   forward.x,
                                        forward.gain,    forward.y,       forward.statistics,
                                        array(capacity), array(capacity), Write::replace,
                                        array(1),        array(1)};
    });
}

}  // namespace manygpcm::kernels::checks
