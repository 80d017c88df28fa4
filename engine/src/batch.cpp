#include "batch.h"

#include <algorithm>
#include <cstddef>

namespace manygpcm {

PackedBatch::PackedBatch(int replicas, const BatchCapacity& capacity, int n_questions,
                         int n_categories)
    : replicas_(replicas), n_categories_(n_categories), row_of_question_(n_questions) {
    for (auto& rows : rows_)
        rows.assign(replicas, 0);
    for (int i = 1; i < n_indices; ++i) {
        const auto index = static_cast<BatchIndex>(i);
        stride_[i] = index == BatchIndex::offsets ? capacity.sequences + 1 : capacity.steps;
        arrays_[i].resize(std::size_t(replicas) * stride_[i]);
    }
    rows_[static_cast<int>(RowKind::categories)].assign(replicas, n_categories);
}

std::span<std::int32_t> PackedBatch::array(BatchIndex index, int replica) {
    const int i = static_cast<int>(index);
    return std::span(arrays_[i]).subspan(std::size_t(replica) * stride_[i], stride_[i]);
}

kernels::Rows PackedBatch::rows(RowKind kind) const {
    return rows_[static_cast<int>(kind)];
}

kernels::RowIndex PackedBatch::index(BatchIndex index) const {
    const int i = static_cast<int>(index);
    if (index == BatchIndex::none) return {};
    return {arrays_[i].data(), stride_[i]};
}

void PackedBatch::pack(int replica, const std::vector<Learner>& learners,
                       std::span<const int> which) {
    const auto offsets = array(BatchIndex::offsets, replica);
    const auto question = array(BatchIndex::question, replica),
               response = array(BatchIndex::response, replica);
    int steps = 0;
    offsets[0] = 0;
    for (std::size_t s = 0; s < which.size(); ++s) {
        const Learner& learner = learners[which[s]];
        std::copy(learner.questions.begin(), learner.questions.end(), question.begin() + steps);
        std::copy(learner.responses.begin(), learner.responses.end(), response.begin() + steps);
        offsets[s + 1] = steps += static_cast<int>(learner.questions.size());
    }

    std::fill(row_of_question_.begin(), row_of_question_.end(), -1);
    for (int t = 0; t < steps; ++t)
        row_of_question_[question[t]] = 0;
    const auto distinct = array(BatchIndex::distinct_question, replica);
    int n_distinct = 0;
    for (std::size_t q = 0; q < row_of_question_.size(); ++q)
        if (row_of_question_[q] == 0) {
            distinct[n_distinct] = static_cast<std::int32_t>(q);
            row_of_question_[q] = n_distinct++;
        }
    const auto question_row = array(BatchIndex::question_row, replica);
    for (int t = 0; t < steps; ++t)
        question_row[t] = row_of_question_[question[t]];

    const auto pair_question = array(BatchIndex::pair_question, replica);
    const auto pair_response = array(BatchIndex::pair_response, replica);
    const auto pair_row = array(BatchIndex::pair_row, replica);
    int n_pairs = steps;
    if (n_distinct * n_categories_ < steps) {
        n_pairs = n_distinct * n_categories_;
        for (int p = 0; p < n_pairs; ++p) {
            pair_question[p] = distinct[p / n_categories_];
            pair_response[p] = p % n_categories_;
        }
        for (int t = 0; t < steps; ++t)
            pair_row[t] = question_row[t] * n_categories_ + response[t];
    } else {
        for (int t = 0; t < steps; ++t) {
            pair_question[t] = question[t];
            pair_response[t] = response[t];
            pair_row[t] = t;
        }
    }

    rows_[static_cast<int>(RowKind::steps)][replica] = steps;
    rows_[static_cast<int>(RowKind::sequences)][replica] = static_cast<int>(which.size());
    rows_[static_cast<int>(RowKind::questions)][replica] = n_distinct;
    rows_[static_cast<int>(RowKind::pairs)][replica] = n_pairs;
}

}  // namespace manygpcm
