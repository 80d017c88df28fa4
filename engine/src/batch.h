// A packed batch: the steps of its learners laid end to end, never padded, with the row numbers by
// which operations share work. What depends only on the question has one row a distinct question;
// what depends only on question and response has one row a (distinct question, category) where that
// makes fewer rows than steps, else one row a step. The choice depends on questions alone, so no
// response can change how another step is computed.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "manygpcm/engine/dataset.h"
#include "manygpcm/kernels/replicas.h"

namespace manygpcm {

/// What a tensor has one row for. `fixed`: a number of rows that doesn't depend on the batch.
enum class RowKind { fixed, categories, steps, sequences, questions, pairs };

/// The row numbers of a batch. `none`: not indexed.
enum class BatchIndex {
    none,
    offsets,            ///< [sequences + 1] first step of each sequence
    question,           ///< [steps] id of the question
    response,           ///< [steps] category
    distinct_question,  ///< [questions] ids, ascending
    question_row,       ///< [steps] the step's row among the distinct questions
    pair_question,      ///< [pairs] id of the question
    pair_response,      ///< [pairs] category
    pair_row,           ///< [steps] the step's row among the pairs
};

/// The most that any batch of a cohort holds.
struct BatchCapacity {
    int sequences = 0, steps = 0;
};

class PackedBatch {
  public:
    PackedBatch(int replicas, const BatchCapacity& capacity, int n_questions, int n_categories);

    /// Makes `which` of `learners` the batch of one replica. They must fit the capacity and be at
    /// least one.
    void pack(int replica, const std::vector<Learner>& learners, std::span<const int> which);

    int replicas() const { return replicas_; }
    kernels::Rows rows(RowKind kind) const;  ///< one number a replica; not for RowKind::fixed
    kernels::RowIndex index(BatchIndex index) const;  ///< null for BatchIndex::none

  private:
    static constexpr int n_indices = static_cast<int>(BatchIndex::pair_row) + 1;
    static constexpr int n_kinds = static_cast<int>(RowKind::pairs) + 1;

    std::span<std::int32_t> array(BatchIndex index, int replica);

    int replicas_, n_categories_;
    std::array<std::vector<int>, n_kinds> rows_;
    std::array<std::vector<std::int32_t>, n_indices> arrays_;  // [replicas x stride]
    std::array<int, n_indices> stride_{};
    std::vector<std::int32_t> row_of_question_;  // [Q] scratch of pack
};

}  // namespace manygpcm
