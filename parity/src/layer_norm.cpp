#include "cases.h"

namespace manygpcm::parity {
namespace {

using kernels::Write;

void run_norm(Run& run, const std::vector<int>& counts, int capacity,
              const kernels::LayerNormShape& shape, Write write) {
    const kernels::Rows rows = run.rows(counts, capacity);
    const int width = shape.width;
    const auto x = run.values(rows, width);
    const auto gain = run.random(rows.replicas, width), bias = run.random(rows.replicas, width);
    const auto y = run.random(rows.replicas, capacity * width);
    const auto statistics = run.random(rows.replicas, capacity * 2);
    run.backend().layer_norm_forward(rows, shape, x, gain, bias, y, statistics);
    run.expect_rows("y", rows, width, y);
    run.expect_rows("statistics", rows, 2, statistics);

    const auto dy = run.gradient(rows, width);
    const auto dx = write == Write::add ? run.values(rows, width) : run.replaced(rows, width);
    const auto dgain = run.random(rows.replicas, width), dbias = run.random(rows.replicas, width);
    run.backend().layer_norm_backward(rows, shape, x, gain, y, statistics, dy, dx, write, dgain,
                                      dbias);
    run.expect("dx", rows.replicas, capacity * width, dx);
    run.expect("dgain", rows.replicas, width, dgain);
    run.expect("dbias", rows.replicas, width, dbias);
}

}  // namespace

void add_layer_norm_cases(std::vector<Case>& cases) {
    const auto add = [&](const char* name, const kernels::LayerNormShape& shape, Write write) {
        cases.push_back({std::string("layer norm, ") + name, [=](Run& run) {
                             run_norm(run, {37, 0, 300}, 301, shape, write);
                         }});
    };
    add("rows of 32, relu", {32, true}, Write::replace);
    add("rows of 128", {128, false}, Write::add);
    add("rows of 50, relu", {50, true}, Write::add);
    add("rows of 7", {7, false}, Write::replace);
    add("rows of 133", {133, false}, Write::replace);
    cases.push_back({"layer norm, rows of 4099", [](Run& run) {
                         run_norm(run, {3}, 4, {4099, true}, Write::replace);
                     }});
}

}  // namespace manygpcm::parity
