#include "checks/checks.h"

namespace manygpcm::kernels::checks {
namespace {

void run_posterior(Run& run, const std::vector<std::vector<int>>& lengths, int categories,
                   int n_questions, bool optional) {
    const Sequences cohort = sequences(run, lengths, 1, 5);
    const int replicas = cohort.rows.replicas, cuts = categories - 1;
    const int ids = n_questions + 3;
    const Rows steps = cohort.steps;
    std::vector<int> counts;
    for (const int of_replica : run.counts(steps))
        counts.push_back(of_replica == 0 ? 0 : n_questions);
    const Rows questions = run.rows(counts, n_questions + 2);
    const AbilityPosteriorInput<float> in{.offsets = cohort.offsets,
                                          .question = run.index(questions, ids),
                                          .question_row = run.index(steps, n_questions),
                                          .response = run.index(steps, categories),
                                          .slope = run.random(replicas, ids),
                                          .step = run.random(replicas, ids * cuts)};
    AbilityPosteriorOutput<float> out{.mean = run.replaced(steps, 1),
                                      .deviation = run.replaced(steps, 1),
                                      .after = run.replaced(steps, 2),
                                      .logits = {},
                                      .spread = {},
                                      .slope = {},
                                      .threshold = {}};
    if (optional) {
        out.logits = run.replaced(steps, categories);
        out.spread = run.replaced(steps, cuts);
        out.slope = run.replaced(steps, 1);
        out.threshold = run.replaced(questions, cuts);
    }
    run.backend().run(AbilityPosterior<float>{cohort.rows, steps, questions, categories, in, out});
    run.expect("mean", replicas, steps.capacity, out.mean);
    run.expect("deviation", replicas, steps.capacity, out.deviation);
    run.expect("after", replicas, steps.capacity * 2, out.after);
    if (!optional) return;
    run.expect("logits", replicas, steps.capacity * categories, out.logits);
    run.expect("spread", replicas, steps.capacity * cuts, out.spread);
    run.expect("slope", replicas, steps.capacity, out.slope);
    run.expect("threshold", replicas, questions.capacity * cuts, out.threshold);
}

AbilityPosterior<float> timed_posterior(Operands& o, const ModelSizes&) {
    const SampleBatch& batch = o.batch();
    const int steps = batch.steps.capacity, questions = batch.questions.capacity;
    return {batch.sequences,
            batch.steps,
            batch.questions,
            n_categories,
            {batch.offsets, batch.distinct_question, batch.question_row, batch.response,
             o.array(n_questions, 1), o.array(n_questions, n_categories - 1)},
            {o.array(steps, 1), o.array(steps, 1), o.array(steps, 2), o.array(steps, n_categories),
             o.array(steps, n_categories - 1), o.array(steps, 1),
             o.array(questions, n_categories - 1)}};
}

}  // namespace

void add_ability_posterior_checks(Checks& checks) {
    const std::vector<std::vector<int>> few{{3, 17, 1, 35}, {}, {16, 32}};
    for (const int categories : {2, 3, 5, 8})
        checks.compare("ability posterior, " + std::to_string(categories) + " categories",
                       [=](Run& run) { run_posterior(run, few, categories, 7, true); });
    checks.compare("ability posterior, one question, nothing optional",
                   [=](Run& run) { run_posterior(run, few, 4, 1, false); });
    std::vector<int> many(40);
    for (int s = 0; s < 40; ++s)
        many[static_cast<std::size_t>(s)] = 1 + s % 7;
    checks.compare("ability posterior, many sequences", [=](Run& run) {
        run_posterior(run, {many, {4, 1}, {}}, 3, 20, true);
    });

    checks.time("ability_posterior", timed_posterior);
}

}  // namespace manygpcm::kernels::checks
