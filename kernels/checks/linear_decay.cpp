#include <algorithm>

#include "checks/checks.h"

namespace manygpcm::kernels::checks {
namespace {

void run_decay(Run& run, const std::vector<int>& counts, int capacity,
               const LinearDecayShape& shape) {
    const Rows rows = run.rows(counts, capacity);
    const int weight_size = shape.out * shape.categories * shape.questions;
    const auto weight = run.random(rows.replicas, weight_size);
    const auto bias = run.random(rows.replicas, shape.out);
    const RowIndex question = run.index(rows, shape.questions),
                   response = run.index(rows, shape.categories);
    const auto y = run.random(rows.replicas, capacity * shape.out);
    run.backend().run(LinearDecayForward<float>{rows, shape, weight, bias, question, response, y});
    run.expect_rows("y", rows, shape.out, y);

    const auto dy = run.gradient(rows, shape.out);
    const auto dweight = run.random(rows.replicas, weight_size);
    const auto dbias = run.random(rows.replicas, shape.out);
    run.backend().run(
        LinearDecayBackward<float>{rows, shape, question, response, dy, dweight, dbias});
    run.expect("dweight", rows.replicas, weight_size, dweight);
    run.expect("dbias", rows.replicas, shape.out, dbias);
}

void time_decay(Checks& checks, const std::string& name, int ModelSizes::*out) {
    checks.time(name + "_forward", [=](Operands& o, const ModelSizes& s) {
        const int n = s.*out;
        return LinearDecayForward<float>{o.batch().pairs,
                                         {n_questions, n_categories, n},
                                         o.array(n, n_categories * n_questions),
                                         o.array(1, n),
                                         o.batch().pair_question,
                                         o.batch().pair_response,
                                         o.array(o.batch().pairs.capacity, n)};
    });
    checks.time(name + "_backward", [=](Operands& o, const ModelSizes& s) {
        const int n = s.*out;
        return LinearDecayBackward<float>{o.batch().pairs,
                                          {n_questions, n_categories, n},
                                          o.batch().pair_question,
                                          o.batch().pair_response,
                                          o.array(o.batch().pairs.capacity, n),
                                          o.array(n, n_categories * n_questions),
                                          o.array(1, n)};
    });
}

}  // namespace

void add_linear_decay_checks(Checks& checks) {
    checks.compare("linear decay", [](Run& run) { run_decay(run, {40, 0, 33}, 41, {13, 4, 36}); });
    checks.compare("linear decay, two categories", [](Run& run) {
        run_decay(run, {7}, 7, {3, 2, 1});
    });
    checks.compare("linear decay, ten categories, few questions answered", [](Run& run) {
        run_decay(run, {3, 20, 0}, 21, {40, 10, 33});
    });

    // A row a pair of question and category.
    time_decay(checks, "linear_decay_value", &ModelSizes::value_dim);
    time_decay(checks, "linear_decay_response", &ModelSizes::embed_dim);
}

}  // namespace manygpcm::kernels::checks
