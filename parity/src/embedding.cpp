#include "cases.h"

namespace manygpcm::parity {
namespace {

void run_embedding(Run& run, const std::vector<int>& counts, int capacity, int table_rows,
                   int width) {
    const kernels::Rows rows = run.rows(counts, capacity);
    const auto table = run.random(rows.replicas, table_rows * width);
    const kernels::RowIndex index = run.index(rows, table_rows);
    const auto y = run.random(rows.replicas, capacity * width);
    run.backend().embedding_forward(rows, width, table, index, y);
    run.expect_rows("y", rows, width, y);

    const auto dy = run.gradient(rows, width);
    const auto dtable = run.random(rows.replicas, table_rows * width);
    run.backend().embedding_backward(rows, table_rows, width, index, dy, dtable);
    run.expect("dtable", rows.replicas, table_rows * width, dtable);
}

}  // namespace

void add_embedding_cases(std::vector<Case>& cases) {
    const auto add = [&](const char* name, const std::vector<int>& counts, int capacity,
                         int table_rows, int width) {
        cases.push_back({std::string("embedding, ") + name, [=](Run& run) {
                             run_embedding(run, counts, capacity, table_rows, width);
                         }});
    };
    add("every row several times", {40, 0, 300}, 301, 7, 32);
    add("two rows", {2000}, 2100, 2, 128);
    add("one row, one column", {300, 299, 0}, 300, 1, 1);
    add("rows of 50", {40, 0, 41}, 41, 19, 50);
    add("more rows in the table than gathered", {5, 0, 3}, 6, 1500, 3);
}

}  // namespace manygpcm::parity
