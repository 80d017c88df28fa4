#include "checks/checks.h"

namespace manygpcm::kernels::checks {
namespace {

struct Head {
    GpcmHeadShape shape;
    std::vector<int> steps{44, 0, 131};
    int capacity = 135;
    int questions = 7;
    int stride = 0;          ///< of the arrays' replicas, where not an arena's
    bool own_state = false;  ///< of ability
};

void run_head(Run& run, const Head& c) {
    const Rows steps = run.rows(c.steps, c.capacity);
    const int replicas = steps.replicas, features = c.shape.features, k = c.shape.categories;
    std::vector<int> n_questions;
    for (const int n : c.steps)
        n_questions.push_back(n == 0 ? 0 : c.questions);
    const Rows questions = run.rows(n_questions, c.questions + 2);
    const auto random = [&](int size) {
        return run.random(replicas, size, c.stride > 0 ? size + c.stride : 0);
    };
    const GpcmHeadInput<float> in{
        .h = random(c.capacity * features),
        .ability_weight = random(features),
        .ability_bias = random(1),
        .ability_scale = random(1),
        .discrimination_weight = random(features),
        .discrimination_x = random(questions.capacity),
        .threshold = random(questions.capacity * (k - 1)),
        .question_row = run.index(steps, c.questions),
        .state = c.own_state ? random(c.capacity * features) : PerReplica<float>{}};
    const GpcmHeadOutput<float> out{random(c.capacity), random(c.capacity), random(c.capacity * k)};
    const RowIndex responses = run.index(steps, k);
    const OrdinalLoss* const losses = ordinal_losses(run, replicas);

    run.backend().run(GpcmHeadForward<float>{steps, c.shape, in, out});
    run.expect_rows("theta", steps, 1, out.theta);
    run.expect_rows("alpha", steps, 1, out.alpha);
    run.expect_rows("logits", steps, k, out.logits);

    const auto size = static_cast<int>(ordinal_statistics_size(k));
    const auto statistics =
        run.array(std::vector<double>(static_cast<std::size_t>(replicas * size), 5), replicas);
    run.backend().run(
        OrdinalStatistics<float>{steps, k, losses, out.logits, responses, statistics});
    run.expect("statistics", replicas, size, statistics);

    const GpcmHeadGradient<float> gradient{
        .h = run.replaced(steps, features),
        .ability_weight = random(features),
        .ability_bias = random(1),
        .ability_scale = random(1),
        .discrimination_weight = random(features),
        .discrimination_x = run.replaced(questions, 1),
        .threshold = run.replaced(questions, k - 1),
        .state = c.own_state ? run.replaced(steps, features) : PerReplica<float>{}};
    run.backend().run(GpcmHeadBackward<float>{steps,
                                              questions,
                                              c.shape,
                                              losses,
                                              statistics,
                                              in,
                                              {out.theta, out.alpha, out.logits},
                                              responses,
                                              gradient});
    run.expect("dh", replicas, c.capacity * features, gradient.h);
    if (c.own_state) run.expect("dstate", replicas, c.capacity * features, gradient.state);
    run.expect("dability_weight", replicas, features, gradient.ability_weight);
    run.expect("dability_bias", replicas, 1, gradient.ability_bias);
    run.expect("dability_scale", replicas, 1, gradient.ability_scale);
    run.expect("ddiscrimination_weight", replicas, features, gradient.discrimination_weight);
    run.expect("ddiscrimination_x", replicas, questions.capacity, gradient.discrimination_x);
    run.expect("dthreshold", replicas, questions.capacity * (k - 1), gradient.threshold);
}

/// The head and its loss over all steps.
struct TimedHead {
    TimedHead(Operands& o, const ModelSizes& s) {
        const Rows steps = o.batch().steps, questions = o.batch().questions;
        const int features = s.final_fc_dim;
        forward = {steps,
                   {features, n_categories},
                   {o.array(steps.capacity, features), o.array(1, features), o.array(1, 1),
                    o.array(1, 1, 1, 1), o.array(1, features), o.array(questions.capacity, 1),
                    o.array(questions.capacity, n_categories - 1), o.batch().question_row},
                   {o.array(steps.capacity, 1), o.array(steps.capacity, 1),
                    o.array(steps.capacity, n_categories)}};
        statistics = timed_statistics(o, forward.out.logits);
    }

    GpcmHeadForward<float> forward;
    OrdinalStatistics<float> statistics;
};

}  // namespace

void add_gpcm_head_checks(Checks& checks) {
    const auto add = [&](const std::string& name, const Head& which) {
        checks.compare("GPCM head, " + name, [=](Run& run) { run_head(run, which); });
    };
    for (const int categories : {2, 3, 4, 5, 8, 17})
        add(std::to_string(categories) + " categories", {{50, categories}});
    for (const int features : {1, 7, 64, 100, 130, 1030})
        add(std::to_string(features) + " features", {{features, 4}});
    add("arrays that allow no vectors", {.shape = {100, 4}, .stride = 1});
    for (const int features : {7, 64, 130})
        add(std::to_string(features) + " features, ability's own apart",
            {.shape = {features, 4}, .own_state = true});
    add("many steps", {.shape = {4, 3}, .steps = {2100, 0, 1024}, .capacity = 2101});

    checks.time("gpcm_head_forward",
                [](Operands& o, const ModelSizes& s) { return TimedHead(o, s).forward; });
    checks.time("ordinal_statistics", [](Operands& o, const ModelSizes& s) {
        const TimedHead head(o, s);
        o.backend().run(head.forward);
        return head.statistics;
    });
    checks.time("gpcm_head_backward", [](Operands& o, const ModelSizes& s) {
        const TimedHead head(o, s);
        o.backend().run(head.forward);
        o.backend().run(head.statistics);
        const auto& [steps, shape, in, out] = head.forward;
        const Rows questions = o.batch().questions;
        return GpcmHeadBackward<float>{
            steps,
            questions,
            shape,
            head.statistics.losses,
            head.statistics.statistics,
            in,
            {out.theta, out.alpha, out.logits},
            head.statistics.responses,
            {o.array(steps.capacity, shape.features), o.array(1, shape.features), o.array(1, 1),
             o.array(1, 1), o.array(1, shape.features), o.array(questions.capacity, 1),
             o.array(questions.capacity, n_categories - 1)}};
    });
}

}  // namespace manygpcm::kernels::checks
