#include "checks/checks.h"

namespace manygpcm::kernels::checks {
namespace {

void run_embedding(Run& run, const std::vector<int>& counts, int capacity, int table_rows,
                   int width) {
    const Rows rows = run.rows(counts, capacity);
    const auto table = run.random(rows.replicas, table_rows * width);
    const RowIndex index = run.index(rows, table_rows);
    const auto y = run.random(rows.replicas, capacity * width);
    run.backend().run(EmbeddingForward<float>{rows, width, table, index, y});
    run.expect_rows("y", rows, width, y);

    const auto dy = run.gradient(rows, width);
    const auto dtable = run.random(rows.replicas, table_rows * width);
    run.backend().run(EmbeddingBackward<float>{rows, table_rows, width, index, dy, dtable});
    run.expect("dtable", rows.replicas, table_rows * width, dtable);
}

}  // namespace

void add_embedding_checks(Checks& checks) {
    const auto add = [&](const char* name, const std::vector<int>& counts, int capacity,
                         int table_rows, int width) {
        checks.compare(std::string("embedding, ") + name,
                       [=](Run& run) { run_embedding(run, counts, capacity, table_rows, width); });
    };
    add("every row several times", {40, 0, 300}, 301, 7, 32);
    add("two rows", {2000}, 2100, 2, 128);
    add("one row, one column", {300, 299, 0}, 300, 1, 1);
    add("rows of 50", {40, 0, 41}, 41, 19, 50);
    add("more rows in the table than gathered", {5, 0, 3}, 6, 1500, 3);

    // The question's, a row a distinct question, key_dim wide.
    checks.time("embedding_forward", [](Operands& o, const ModelSizes& s) {
        const Rows rows = o.batch().questions;
        return EmbeddingForward<float>{rows, s.key_dim, o.array(n_questions, s.key_dim),
                                       o.batch().distinct_question,
                                       o.array(rows.capacity, s.key_dim)};
    });
    checks.time("embedding_backward", [](Operands& o, const ModelSizes& s) {
        const Rows rows = o.batch().questions;
        return EmbeddingBackward<float>{rows,
                                        n_questions,
                                        s.key_dim,
                                        o.batch().distinct_question,
                                        o.array(rows.capacity, s.key_dim),
                                        o.array(n_questions, s.key_dim)};
    });
}

}  // namespace manygpcm::kernels::checks
