#include <algorithm>

#include "cases.h"

namespace manygpcm::parity {
namespace {

void run_decay(Run& run, const std::vector<int>& counts, int capacity,
               const kernels::LinearDecayShape& shape) {
    const kernels::Rows rows = run.rows(counts, capacity);
    const int weight_size = shape.out * shape.categories * shape.questions;
    const auto weight = run.random(rows.replicas, weight_size);
    const auto bias = run.random(rows.replicas, shape.out);
    const kernels::RowIndex question = run.index(rows, shape.questions),
                            response = run.index(rows, shape.categories);
    const auto y = run.random(rows.replicas, capacity * shape.out);
    run.backend().linear_decay_forward(rows, shape, weight, bias, question, response, y);
    run.expect_rows("y", rows, shape.out, y);

    const auto dy = run.gradient(rows, shape.out);
    const auto dweight = run.random(rows.replicas, weight_size);
    const auto dbias = run.random(rows.replicas, shape.out);
    run.backend().linear_decay_backward(rows, shape, question, response, dy, dweight, dbias);
    run.expect("dweight", rows.replicas, weight_size, dweight);
    run.expect("dbias", rows.replicas, shape.out, dbias);
}

}  // namespace

void add_linear_decay_cases(std::vector<Case>& cases) {
    cases.push_back({"linear decay", [](Run& run) {
                         run_decay(run, {40, 0, 33}, 41, {13, 4, 36});
                     }});
    cases.push_back({"linear decay, two categories", [](Run& run) {
                         run_decay(run, {7}, 7, {3, 2, 1});
                     }});
    cases.push_back({"linear decay, ten categories, few questions answered", [](Run& run) {
                         run_decay(run, {3, 20, 0}, 21, {40, 10, 33});
                     }});
}

}  // namespace manygpcm::parity
