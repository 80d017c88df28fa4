#include "checks/checks.h"

namespace manygpcm::kernels::checks {
namespace {

struct ItemHead {
    int categories = 4;
    bool common = true, extra = true, theta_gradient = true;
    std::vector<int> steps{44, 0, 131};
    int capacity = 135;
};

void run_item_head(Run& run, const ItemHead& c) {
    constexpr int n_questions = 7;
    const Rows steps = run.rows(c.steps, c.capacity);
    const int replicas = steps.replicas, k = c.categories;
    std::vector<int> counts;
    for (const int n : c.steps)
        counts.push_back(n == 0 ? 0 : n_questions);
    const Rows questions = run.rows(counts, n_questions + 2);
    ItemHeadInput<float> in{.theta = run.values(steps, 1),
                            .item = run.values(questions, k),
                            .question_row = run.index(steps, n_questions),
                            .common = {},
                            .extra = {}};
    if (c.common) in.common = run.values(steps, 1);
    if (c.extra) in.extra = run.values(steps, k - 1);
    const ItemHeadOutput<float> out{run.values(steps, 1), run.values(questions, k - 1),
                                    run.values(steps, k)};
    run.backend().run(ItemHeadForward<float>{steps, questions, k, in, out});
    run.expect_rows("alpha", steps, 1, out.alpha);
    run.expect_rows("threshold", questions, k - 1, out.threshold);
    run.expect_rows("logits", steps, k, out.logits);

    const RowIndex responses = run.index(steps, k);
    const OrdinalLoss* const losses = ordinal_losses(run, replicas);
    const auto size = static_cast<int>(ordinal_statistics_size(k));
    const auto statistics =
        run.array(std::vector<double>(static_cast<std::size_t>(replicas * size), 5), replicas);
    run.backend().run(
        OrdinalStatistics<float>{steps, k, losses, out.logits, responses, statistics});

    ItemHeadGradient<float> gradient;
    gradient.item = run.replaced(questions, k);
    if (c.theta_gradient) gradient.theta = run.replaced(steps, 1);
    if (c.common) gradient.common = run.replaced(steps, 1);
    if (c.extra) gradient.extra = run.replaced(steps, k - 1);
    run.backend().run(ItemHeadBackward<float>{steps, questions, k, losses, statistics, in,
                                              out.logits, responses, gradient});
    run.expect("ditem", replicas, questions.capacity * k, gradient.item);
    if (gradient.theta) run.expect("dtheta", replicas, c.capacity, gradient.theta);
    if (gradient.common) run.expect("dcommon", replicas, c.capacity, gradient.common);
    if (gradient.extra) run.expect("dextra", replicas, c.capacity * (k - 1), gradient.extra);
}

ItemHeadForward<float> timed_item_head(Operands& o) {
    const SampleBatch& batch = o.batch();
    const int steps = batch.steps.capacity, questions = batch.questions.capacity;
    return {
        batch.steps,
        batch.questions,
        n_categories,
        {o.array(steps, 1), o.array(questions, n_categories), batch.question_row, o.array(steps, 1),
         o.array(steps, n_categories - 1)},
        {o.array(steps, 1), o.array(questions, n_categories - 1), o.array(steps, n_categories)}};
}

}  // namespace

void add_item_head_checks(Checks& checks) {
    const auto add = [&](const std::string& name, const ItemHead& which) {
        checks.compare("item head, " + name, [=](Run& run) { run_item_head(run, which); });
    };
    for (const int categories : {2, 3, 5, 8, 17})
        add(std::to_string(categories) + " categories", {.categories = categories});
    add("nothing common", {.common = false});
    add("nothing extra", {.extra = false});
    add("nothing else, given abilities",
        {.common = false, .extra = false, .theta_gradient = false});
    add("many steps", {.categories = 3, .steps = {2100, 0, 1024}, .capacity = 2101});

    checks.time("item_head_forward",
                [](Operands& o, const ModelSizes&) { return timed_item_head(o); });
    checks.time("item_head_backward", [](Operands& o, const ModelSizes&) {
        const ItemHeadForward<float> forward = timed_item_head(o);
        o.backend().run(forward);
        const auto& [steps, questions, categories, in, out] = forward;
        const OrdinalStatistics<float> statistics = timed_statistics(o, out.logits);
        o.backend().run(statistics);
        return ItemHeadBackward<float>{
            steps,
            questions,
            categories,
            statistics.losses,
            statistics.statistics,
            in,
            out.logits,
            statistics.responses,
            {o.array(steps.capacity, 1), o.array(questions.capacity, categories),
             o.array(steps.capacity, 1), o.array(steps.capacity, categories - 1)}};
    });
}

}  // namespace manygpcm::kernels::checks
