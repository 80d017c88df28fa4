#include "checks/checks.h"

namespace manygpcm::kernels::checks {
namespace {

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
    LinearInput<float> input;
    input.x = run.values(rows, in);
    input.weight = slice(run.random(rows.replicas, out * weight_stride));
    if (c.bias) input.bias = run.random(rows.replicas, out);
    const Rows addend_rows =
        c.gathered ? run.rows(std::vector<int>(counts.size(), c.addend_rows), c.addend_rows) : rows;
    if (c.addend_rows > 0) input.addend = run.values(addend_rows, out);
    if (c.gathered) input.addend_row = run.index(rows, c.addend_rows);
    const PerReplica<float> y = run.random(rows.replicas, capacity * out);
    run.backend().run(LinearForward<float>{rows, c.shape, input, y});
    run.expect_rows("y", rows, out, y);

    const PerReplica<float> dy = run.gradient(rows, out);
    const PerReplica<float> weight_gradient = run.random(rows.replicas, out * weight_stride);
    LinearGradient<float> to;
    const auto gradient = [&](const Rows& of, int width) {
        return c.write == Write::add ? run.values(of, width) : run.replaced(of, width);
    };
    if (c.x_gradient) to.x = gradient(rows, in);
    to.x_write = to.addend_write = c.write;
    to.weight = slice(weight_gradient);
    if (c.bias) to.bias = run.random(rows.replicas, out);
    if (c.addend_rows > 0) to.addend = gradient(addend_rows, out);
    run.backend().run(LinearBackward<float>{rows, addend_rows, c.shape, input, y, dy, to});
    if (to.x) run.expect("dx", rows.replicas, capacity * in, to.x);
    run.expect("dweight", rows.replicas, out * weight_stride, weight_gradient);
    if (to.bias) run.expect("dbias", rows.replicas, out, to.bias);
    if (to.addend) run.expect("daddend", rows.replicas, addend_rows.capacity * out, to.addend);
}

/// A map of a model, over all steps or over the pairs of a question and a category.
struct TimedMap {
    Rows SampleBatch::*rows;
    LinearShape shape;
    bool bias = true, addend = false;
};

LinearForward<float> timed_forward(Operands& o, const TimedMap& map) {
    const Rows rows = o.batch().*map.rows;
    LinearInput<float> in;
    in.x = o.array(rows.capacity, map.shape.in);
    in.weight = o.array(map.shape.out, map.shape.weight_stride);
    if (map.bias) in.bias = o.array(1, map.shape.out);
    if (map.addend) {
        in.addend = o.array(o.batch().questions.capacity, map.shape.out);
        in.addend_row = o.batch().question_row;
    }
    return {rows, map.shape, in, o.array(rows.capacity, map.shape.out)};
}

LinearBackward<float> timed_backward(Operands& o, const TimedMap& map) {
    const auto [rows, shape, in, y] = timed_forward(o, map);
    const auto dy = o.array(rows.capacity, shape.out);
    LinearGradient<float> gradient;
    gradient.x = o.array(rows.capacity, shape.in);
    gradient.weight = o.array(shape.out, shape.weight_stride);
    if (map.bias) gradient.bias = o.array(1, shape.out);
    if (map.addend) gradient.addend = o.array(o.batch().questions.capacity, shape.out);
    return {rows, o.batch().questions, shape, in, y, dy, gradient};
}

/// @param map a TimedMap from ModelSizes
void time_map(Checks& checks, const std::string& name, auto map) {
    checks.time(name + "_forward",
                [=](Operands& o, const ModelSizes& s) { return timed_forward(o, map(s)); });
    checks.time(name + "_backward",
                [=](Operands& o, const ModelSizes& s) { return timed_backward(o, map(s)); });
}

}  // namespace

void add_linear_checks(Checks& checks) {
    const std::vector<int> three = {5, 0, 70};
    const auto add = [&](const char* name, const std::vector<int>& counts, int capacity,
                         const Linear& which) {
        checks.compare(std::string("linear, ") + name,
                       [=](Run& run) { run_linear(run, counts, capacity, which); });
    };
    add("bias", three, 72, {{8, 12, 8}});
    add("one replica", {9}, 9, {{32, 36, 32}});
    add("no bias", three, 71, {.shape = {6, 7, 6}, .bias = false});
    add("one output, no gradient of x", three, 71, {.shape = {5, 1, 5}, .x_gradient = false});
    add("tanh", three, 300, {{8, 50, 8, Activation::tanh}});
    add("relu", three, 72, {{8, 12, 8, Activation::relu}});
    add("sigmoid of a slice of columns, added gradients", three, 73,
        {.shape = {8, 9, 13, Activation::sigmoid}, .column = 3, .write = Write::add});
    add("gathered addend, tanh", three, 72,
        {.shape = {8, 16, 8, Activation::tanh}, .bias = false, .addend_rows = 5, .gathered = true});
    add("gathered addend, few rows to many", three, 72,
        {.shape = {8, 130, 8}, .addend_rows = 150, .gathered = true, .write = Write::add});
    add("addend row by row", three, 72, {.shape = {8, 6, 8}, .addend_rows = 72});
    add("addend row by row, added gradients", three, 72,
        {.shape = {8, 4, 8, Activation::tanh}, .addend_rows = 72, .write = Write::add});

    // The maps that carry most of the work.
    time_map(checks, "linear_qkv", [](const ModelSizes& s) {
        return TimedMap{&SampleBatch::steps, {s.embed_dim, 3 * s.embed_dim, s.embed_dim}};
    });
    time_map(checks, "linear_gate", [](const ModelSizes& s) {
        return TimedMap{&SampleBatch::steps,
                        {s.embed_dim, s.value_dim, s.embed_dim, Activation::tanh}};
    });
    time_map(checks, "linear_summary", [](const ModelSizes& s) {
        return TimedMap{&SampleBatch::steps,
                        {s.value_dim, s.final_fc_dim, s.value_dim + s.key_dim, Activation::tanh},
                        false,
                        true};
    });
    time_map(checks, "linear_pair_gate", [](const ModelSizes& s) {
        return TimedMap{&SampleBatch::pairs,
                        {s.value_dim, s.value_dim, s.value_dim, Activation::tanh}};
    });
}

}  // namespace manygpcm::kernels::checks
