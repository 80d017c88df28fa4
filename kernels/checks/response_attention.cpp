#include "checks/checks.h"

namespace manygpcm::kernels::checks {
namespace {

struct ResponseCase {
    AttentionShape shape;
    int categories;
    std::vector<std::vector<int>> lengths;  ///< of the sequences, by replica
};

void run_response_attention(Run& run, const ResponseCase& c) {
    const Sequences cohort = sequences(run, c.lengths, 1, 5);
    const Rows steps = cohort.steps;
    const int replicas = steps.replicas, width = c.shape.width, size = 3 * c.categories * width;
    const DropoutKey* const keys = dropout_keys(run, replicas);
    const RowIndex response = run.index(steps, c.categories);
    const auto qkv = run.random(replicas, size);
    const auto kept = run.replaced(steps, c.shape.heads * c.categories);
    const auto y = run.replaced(steps, width);
    run.backend().run(ResponseAttentionForward<float>{
        cohort.rows, steps, c.categories, c.shape, cohort.offsets, response, keys, qkv, kept, y});
    run.expect("y", replicas, steps.capacity * width, y);

    const auto dy = run.gradient(steps, width);
    const auto dqkv = run.random(replicas, size);
    run.backend().run(ResponseAttentionBackward<float>{
        cohort.rows, steps, c.categories, c.shape, cohort.offsets, response, qkv, kept, dy, dqkv});
    run.expect("dqkv", replicas, size, dqkv);
}

ResponseAttentionForward<float> timed_response_attention(Operands& o, const ModelSizes& s) {
    const int steps = o.batch().steps.capacity;
    return {o.batch().sequences,
            o.batch().steps,
            n_categories,
            {s.embed_dim, s.n_heads, true, timed_dropout_rate, 0},
            o.batch().offsets,
            o.batch().response,
            o.dropout_keys(),
            o.array(n_categories, 3 * s.embed_dim),
            o.array(steps, s.n_heads * n_categories),
            o.array(steps, s.embed_dim)};
}

}  // namespace

void add_response_attention_checks(Checks& checks) {
    const auto add = [&](const std::string& name, const ResponseCase& which) {
        checks.compare("response attention, " + name,
                       [=](Run& run) { run_response_attention(run, which); });
    };
    const std::vector<std::vector<int>> few{{3, 70, 1, 33}, {}, {8, 64}};
    for (const int size : {1, 8, 12, 33})
        add("heads of " + std::to_string(size),
            {{.width = 2 * size, .heads = 2}, size == 12 ? 9 : 4, few});
    for (const bool causal : {true, false})
        add(std::string(causal ? "causal" : "bidirectional") + ", dropout",
            {{.width = 24, .heads = 3, .causal = causal, .dropout_rate = 0.2, .dropout_use = 9},
             3,
             few});
    add("long sequences", {{.width = 8, .heads = 1, .dropout_rate = 0.1}, 2, {{200, 1}, {137}}});

    // Causal, with dropout.
    checks.time("response_attention_forward", timed_response_attention);
    checks.time("response_attention_backward", [](Operands& o, const ModelSizes& s) {
        const ResponseAttentionForward<float> forward = timed_response_attention(o, s);
        o.backend().run(forward);
        const int width = forward.shape.width;
        return ResponseAttentionBackward<float>{forward.sequences,
                                                forward.steps,
                                                n_categories,
                                                forward.shape,
                                                forward.offsets,
                                                forward.response,
                                                forward.qkv,
                                                forward.kept,
                                                o.array(forward.steps.capacity, width),
                                                o.array(n_categories, 3 * width)};
    });
}

}  // namespace manygpcm::kernels::checks
