#include "cases.h"

namespace manygpcm::parity {
namespace {

using kernels::Activation;
using kernels::LinearShape;
using kernels::PerReplica;
using kernels::Rows;
using kernels::Write;

struct Linear {
    LinearShape shape;
    bool bias = true;
    int addend_rows = 0;  ///< 0: none
    bool gathered = false;
    bool x_gradient = true;
    int column = 0;  ///< of a wider weight, where this one begins
    Write write = Write::replace;
};

void run_linear(Run& run, const std::vector<int>& counts, int capacity, const Linear& c) {
    const Rows rows = run.rows(counts, capacity);
    const auto [in, out, weight_stride, activation] = c.shape;
    const auto slice = [&](PerReplica<float> w) {
        return PerReplica<float>{w.data + c.column, w.stride};
    };
    kernels::LinearInput<float> input;
    input.x = run.values(rows, in);
    input.weight = slice(run.random(rows.replicas, out * weight_stride));
    if (c.bias) input.bias = run.random(rows.replicas, out);
    const Rows addend_rows =
        c.gathered ? run.rows(std::vector<int>(counts.size(), c.addend_rows), c.addend_rows) : rows;
    if (c.addend_rows > 0) input.addend = run.values(addend_rows, out);
    if (c.gathered) input.addend_row = run.index(rows, c.addend_rows);
    const PerReplica<float> y = run.random(rows.replicas, capacity * out);
    run.backend().linear_forward(rows, c.shape, input, y);
    run.expect_rows("y", rows, out, y);

    const PerReplica<float> dy = run.gradient(rows, out);
    const PerReplica<float> weight_gradient = run.random(rows.replicas, out * weight_stride);
    kernels::LinearGradient<float> to;
    const auto gradient = [&](const Rows& of, int width) {
        return c.write == Write::add ? run.values(of, width) : run.replaced(of, width);
    };
    if (c.x_gradient) to.x = gradient(rows, in);
    to.x_write = to.addend_write = c.write;
    to.weight = slice(weight_gradient);
    if (c.bias) to.bias = run.random(rows.replicas, out);
    if (c.addend_rows > 0) to.addend = gradient(addend_rows, out);
    run.backend().linear_backward(rows, addend_rows, c.shape, input, y, dy, to);
    if (to.x) run.expect("dx", rows.replicas, capacity * in, to.x);
    run.expect("dweight", rows.replicas, out * weight_stride, weight_gradient);
    if (to.bias) run.expect("dbias", rows.replicas, out, to.bias);
    if (to.addend) run.expect("daddend", rows.replicas, addend_rows.capacity * out, to.addend);
}

}  // namespace

void add_linear_cases(std::vector<Case>& cases) {
    const std::vector<int> three = {5, 0, 70};
    const auto add = [&](const char* name, const std::vector<int>& counts, int capacity,
                         const Linear& which) {
        cases.push_back({std::string("linear, ") + name,
                         [=](Run& run) { run_linear(run, counts, capacity, which); }});
    };
    add("bias", three, 72, {{8, 12, 8}});
    add("one replica", {9}, 9, {{32, 36, 32}});
    add("no bias", three, 71, {.shape = {6, 7, 6}, .bias = false});
    add("one output, no gradient of x", three, 71, {.shape = {5, 1, 5}, .x_gradient = false});
    add("tanh", three, 300, {{8, 50, 8, Activation::tanh}});
    add("sigmoid of a slice of columns, added gradients", three, 73,
        {.shape = {8, 9, 13, Activation::sigmoid}, .column = 3, .write = Write::add});
    add("gathered addend, tanh", three, 72,
        {.shape = {8, 16, 8, Activation::tanh}, .bias = false, .addend_rows = 5, .gathered = true});
    add("gathered addend, few rows to many", three, 72,
        {.shape = {8, 130, 8}, .addend_rows = 150, .gathered = true, .write = Write::add});
    add("addend row by row", three, 72, {.shape = {8, 6, 8}, .addend_rows = 72});
    add("addend row by row, added gradients", three, 72,
        {.shape = {8, 4, 8, Activation::tanh}, .addend_rows = 72, .write = Write::add});
}

}  // namespace manygpcm::parity
