#include "checks/checks.h"

namespace manygpcm::kernels::checks {
namespace {

struct Attention {
    AttentionShape shape;
    std::vector<std::vector<int>> lengths;  ///< of the sequences, by replica
    int stride = 0;                         ///< of the arrays' replicas, where not an arena's
};

void run_attention(Run& run, const Attention& c) {
    const Sequences cohort = sequences(run, c.lengths, 1, 5);
    const Rows steps = cohort.steps;
    const int replicas = steps.replicas, width = c.shape.width;
    const DropoutKey* const keys = dropout_keys(run, replicas);
    const auto random = [&](int of_row) {
        const int size = steps.capacity * of_row;
        return run.random(replicas, size, c.stride > 0 ? size + c.stride : 0);
    };
    const auto qkv = random(3 * width);
    const auto y = run.replaced(steps, width);
    const auto log_sum_exp = run.replaced(steps, c.shape.heads);
    run.backend().run(AttentionForward<float>{cohort.rows, steps, c.shape, cohort.offsets, keys,
                                              qkv, y, log_sum_exp});
    run.expect("y", replicas, steps.capacity * width, y);
    run.expect("log_sum_exp", replicas, steps.capacity * c.shape.heads, log_sum_exp);

    const auto dy = run.gradient(steps, width);
    const auto dqkv = run.replaced(steps, 3 * width);
    run.backend().run(AttentionBackward<float>{cohort.rows, steps, c.shape, cohort.offsets, keys,
                                               qkv, y, log_sum_exp, dy, dqkv});
    run.expect("dqkv", replicas, steps.capacity * 3 * width, dqkv);
}

AttentionForward<float> timed_attention(Operands& o, const ModelSizes& s) {
    const int steps = o.batch().steps.capacity;
    return {o.batch().sequences,
            o.batch().steps,
            {s.embed_dim, s.n_heads, true, timed_dropout_rate, 0},
            o.batch().offsets,
            o.dropout_keys(),
            o.array(steps, 3 * s.embed_dim),
            o.array(steps, s.embed_dim),
            o.array(steps, s.n_heads)};
}

}  // namespace

void add_attention_checks(Checks& checks) {
    const auto add = [&](const std::string& name, const Attention& which) {
        checks.compare("attention, " + name, [=](Run& run) { run_attention(run, which); });
    };
    const std::vector<std::vector<int>> few{{3, 70, 1, 33}, {}, {8, 64}}, fewer{{9, 2}, {}, {40}};
    for (const int size : {1, 4, 5, 8, 12, 16, 25, 32, 50, 64, 100, 128})
        add("heads of " + std::to_string(size), {{.width = 2 * size, .heads = 2}, fewer});
    for (const int size : {8, 16, 32, 64, 128})
        add("heads of " + std::to_string(size) + ", dropout",
            {{.width = 2 * size, .heads = 2, .dropout_rate = 0.3, .dropout_use = 2}, fewer});
    for (const bool causal : {true, false})
        for (const double rate : {0.0, 0.2})
            add(std::string(causal ? "causal" : "bidirectional") + (rate > 0 ? ", dropout" : ""),
                {{.width = 24,
                  .heads = 3,
                  .causal = causal,
                  .dropout_rate = rate,
                  .dropout_use = 9},
                 few});
    add("arrays that allow no vectors",
        {.shape = {.width = 32, .heads = 4}, .lengths = few, .stride = 1});
    add("long sequences", {{.width = 8, .heads = 1, .dropout_rate = 0.1}, {{200, 1}, {137}}});

    // Causal, with dropout.
    checks.time("attention_forward", timed_attention);
    checks.time("attention_backward", [](Operands& o, const ModelSizes& s) {
        const AttentionForward<float> forward = timed_attention(o, s);
        o.backend().run(forward);
        const int steps = forward.steps.capacity, width = forward.shape.width;
        return AttentionBackward<float>{forward.sequences,
                                        forward.steps,
                                        forward.shape,
                                        forward.offsets,
                                        forward.keys,
                                        forward.qkv,
                                        forward.y,
                                        forward.log_sum_exp,
                                        o.array(steps, width),
                                        o.array(steps, 3 * width)};
    });
}

}  // namespace manygpcm::kernels::checks
