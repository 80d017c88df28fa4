#include "model/batch.h"

#include <algorithm>
#include <cstddef>

namespace manygpcm {
namespace {

/// Entries of one replica's row numbers.
int index_size(BatchIndex index, const BatchCapacity& capacity) {
    if (index == BatchIndex::none) return 0;
    if (index == BatchIndex::offsets) return capacity.sequences + 1;
    return index == BatchIndex::known_end ? capacity.sequences : capacity.steps;
}

}  // namespace

int row_capacity(RowKind kind, const BatchCapacity& capacity, int n_questions, int n_categories) {
    switch (kind) {
        case RowKind::categories:
            return n_categories;
        case RowKind::sequences:
            return capacity.sequences;
        case RowKind::questions:
            return std::min(capacity.steps, n_questions);
        case RowKind::pairs:
            return static_cast<int>(
                std::min<std::int64_t>(capacity.steps, std::int64_t{n_questions} * n_categories));
        default:
            return capacity.steps;
    }
}

PackedBatch::PackedBatch(int replicas, const BatchCapacity& capacity, int n_questions,
                         int n_categories)
    : n_categories_(n_categories), capacity_(capacity), row_of_question_(n_questions) {
    for (int k = 0; k < n_row_kinds; ++k) {
        const auto kind = static_cast<RowKind>(k);
        if (kind == RowKind::fixed) continue;
        counts_[k].assign(replicas, kind == RowKind::categories ? n_categories : 0);
        rows_[k] = {counts_[k].data(), replicas,
                    row_capacity(kind, capacity, n_questions, n_categories)};
    }
    for (int i = 0; i < n_batch_indices; ++i) {
        const auto index = static_cast<BatchIndex>(i);
        if (index == BatchIndex::none) continue;
        const int stride = index_size(index, capacity);
        arrays_[i].resize(std::size_t(replicas) * stride);
        if (index != BatchIndex::known_end) index_[i] = {arrays_[i].data(), stride};
    }
}

std::span<std::int32_t> PackedBatch::array(BatchIndex index, int replica) {
    const int i = static_cast<int>(index);
    const std::ptrdiff_t stride = index_size(index, capacity_);
    return std::span(arrays_[i]).subspan(replica * stride, stride);
}

void PackedBatch::pack(int replica, Learners learners, std::span<const int> which) {
    const auto offsets = array(BatchIndex::offsets, replica);
    const auto question = array(BatchIndex::question, replica),
               response = array(BatchIndex::response, replica),
               known_end = array(BatchIndex::known_end, replica);
    bool all_known = true;
    int steps = 0;
    offsets[0] = 0;
    for (std::size_t s = 0; s < which.size(); ++s) {
        const Learner& learner = learners[which[s]];
        std::copy(learner.questions.begin(), learner.questions.end(), question.begin() + steps);
        std::copy(learner.responses.begin(), learner.responses.end(), response.begin() + steps);
        known_end[s] = steps + static_cast<int>(learner.responses.size());
        offsets[s + 1] = steps += static_cast<int>(learner.questions.size());
        // Any category will do: nobody sees it.
        std::fill(response.begin() + known_end[s], response.begin() + steps, 0);
        all_known = all_known && known_end[s] == steps;
    }
    // Other replicas' are whole whether they ask for it or not.
    if (!all_known)
        index_[static_cast<int>(BatchIndex::known_end)] = {
            arrays_[static_cast<int>(BatchIndex::known_end)].data(), capacity_.sequences};

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
    int answered = 0;
    for (std::size_t s = 0; s < which.size(); ++s)
        answered += known_end[s] - offsets[s];
    const int needed = answered + (answered < steps);  // of the two ways below the second one's
    int n_pairs = 0;
    if (n_distinct * n_categories_ < needed) {
        n_pairs = n_distinct * n_categories_;
        for (int p = 0; p < n_pairs; ++p) {
            pair_question[p] = distinct[p / n_categories_];
            pair_response[p] = p % n_categories_;
        }
        for (int t = 0; t < steps; ++t)
            pair_row[t] = question_row[t] * n_categories_ + response[t];
    } else {
        const auto add = [&](int t) {
            pair_question[n_pairs] = question[t];
            pair_response[n_pairs] = response[t];
            return n_pairs++;
        };
        for (std::size_t s = 0; s < which.size(); ++s)
            for (int t = offsets[s]; t < known_end[s]; ++t)
                pair_row[t] = add(t);
        // Those without a response, which may be thousands a learner, share one that nobody sees.
        int unknown = -1;
        for (std::size_t s = 0; s < which.size(); ++s)
            for (int t = known_end[s]; t < offsets[s + 1]; ++t)
                pair_row[t] = unknown = unknown < 0 ? add(t) : unknown;
    }

    counts_[static_cast<int>(RowKind::steps)][replica] = steps;
    counts_[static_cast<int>(RowKind::sequences)][replica] = static_cast<int>(which.size());
    counts_[static_cast<int>(RowKind::questions)][replica] = n_distinct;
    counts_[static_cast<int>(RowKind::pairs)][replica] = n_pairs;
}

DeviceBatch::DeviceBatch(kernels::Backend& backend, int replicas, const BatchCapacity& capacity,
                         int n_questions, int n_categories)
    : counts_(backend, std::size_t(n_row_kinds) * replicas, "row counts of a batch"),
      arrays_(backend, replicas * bytes(capacity) / sizeof(std::int32_t),
              "row numbers of a batch") {
    const auto counts = [&](RowKind kind) {
        const int k = static_cast<int>(kind);
        int* count = counts_.data() + std::ptrdiff_t{k} * replicas;
        rows_[k] = {count, replicas, row_capacity(kind, capacity, n_questions, n_categories)};
        return count;
    };
    const std::vector<int> categories(replicas, n_categories);
    backend.upload(counts(RowKind::categories), categories.data(), replicas * sizeof(int));
    packed_.steps = counts(RowKind::steps);
    packed_.sequences = counts(RowKind::sequences);
    packed_.questions = counts(RowKind::questions);
    packed_.pairs = counts(RowKind::pairs);

    std::int32_t* free = arrays_.data();
    const auto array = [&](BatchIndex index) {
        const kernels::PerReplica<std::int32_t> numbers{free, index_size(index, capacity)};
        index_[static_cast<int>(index)] = numbers;
        free += replicas * numbers.stride;
        return numbers;
    };
    packed_.offsets = array(BatchIndex::offsets);
    packed_.question = array(BatchIndex::question);
    packed_.response = array(BatchIndex::response);
    packed_.distinct_question = array(BatchIndex::distinct_question);
    packed_.question_row = array(BatchIndex::question_row);
    packed_.pair_row = array(BatchIndex::pair_row);
    packed_.pair_question = array(BatchIndex::pair_question);
    packed_.pair_response = array(BatchIndex::pair_response);
    packed_.capacity_steps = capacity.steps;
    packed_.capacity_sequences = capacity.sequences;
}

std::size_t DeviceBatch::bytes(const BatchCapacity& capacity) {
    std::size_t entries = 0;
    for (int i = 0; i < n_batch_indices; ++i)
        if (const auto index = static_cast<BatchIndex>(i); index != BatchIndex::known_end)
            entries += static_cast<std::size_t>(index_size(index, capacity));
    return entries * sizeof(std::int32_t);
}

}  // namespace manygpcm
