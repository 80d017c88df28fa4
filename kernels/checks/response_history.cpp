#include "checks/checks.h"

namespace manygpcm::kernels::checks {
namespace {

void run_history(Run& run, const std::vector<std::vector<int>>& lengths, int categories,
                 int n_questions) {
    const Sequences cohort = sequences(run, lengths, 1, 5);
    const Rows steps = cohort.steps;
    std::vector<int> counts;
    for (const int of_replica : run.counts(steps))
        counts.push_back(of_replica == 0 ? 0 : n_questions);
    const Rows questions = run.rows(counts, n_questions + 2);
    const auto history = run.replaced(steps, history_width);
    run.backend().run(ResponseHistory<float>{cohort.rows, steps, questions, categories,
                                             cohort.offsets, run.index(steps, n_questions),
                                             run.index(steps, categories), history});
    run.expect("history", steps.replicas, steps.capacity * history_width, history);
}

}  // namespace

void add_response_history_checks(Checks& checks) {
    const std::vector<std::vector<int>> few{{3, 17, 1, 35}, {}, {16, 150}};
    for (const int categories : {2, 3, 5, 8})
        checks.compare("response history, " + std::to_string(categories) + " categories",
                       [=](Run& run) { run_history(run, few, categories, 7); });
    checks.compare("response history, one question",
                   [=](Run& run) { run_history(run, few, 4, 1); });
    checks.compare("response history, more questions than steps",
                   [=](Run& run) { run_history(run, few, 4, 500); });

    checks.time("response_history", [](Operands& o, const ModelSizes&) {
        const SampleBatch& batch = o.batch();
        return ResponseHistory<float>{
            batch.sequences, batch.steps,
            batch.questions, n_categories,
            batch.offsets,   batch.question_row,
            batch.response,  o.array(batch.steps.capacity, history_width)};
    });
}

}  // namespace manygpcm::kernels::checks
