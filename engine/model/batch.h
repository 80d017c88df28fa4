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
#include "manygpcm/kernels/device.h"
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
    known_end,          ///< [sequences] kernels::KnownEnds; null where every response is known
};

constexpr int n_row_kinds = static_cast<int>(RowKind::pairs) + 1;
constexpr int n_batch_indices = static_cast<int>(BatchIndex::known_end) + 1;

/// The most that any batch of a cohort holds.
struct BatchCapacity {
    int sequences = 0, steps = 0;
};

/// The most rows of a kind that a batch within the capacity has; not for RowKind::fixed.
int row_capacity(RowKind kind, const BatchCapacity& capacity, int n_questions, int n_categories);

/// A batch as operations see it: row counts and row numbers in the memory of some backend.
class Batch {
  public:
    int replicas() const { return rows(RowKind::steps).replicas; }
    /// One number a replica; not for RowKind::fixed.
    kernels::Rows rows(RowKind kind) const { return rows_[static_cast<int>(kind)]; }
    /// Null for BatchIndex::none.
    kernels::RowIndex index(BatchIndex index) const { return index_[static_cast<int>(index)]; }

  protected:
    Batch() = default;
    ~Batch() = default;
    Batch(Batch&&) = default;
    Batch& operator=(Batch&&) = default;

    std::array<kernels::Rows, n_row_kinds> rows_;
    std::array<kernels::RowIndex, n_batch_indices> index_;
};

/// A batch that the host packs into its own memory.
class PackedBatch : public Batch {
  public:
    PackedBatch(int replicas, const BatchCapacity& capacity, int n_questions, int n_categories);

    /// Makes `which` of `learners` the batch of one replica. They must fit the capacity and be at
    /// least one. The steps after a learner's responses see those before, and nothing else.
    void pack(int replica, Learners learners, std::span<const int> which);

    /// Whether every question of the data is among those of one replica's: their rows are then the
    /// same whoever was packed.
    bool has_all_questions(int replica) const {
        return static_cast<std::size_t>(rows(RowKind::questions)[replica]) ==
               row_of_question_.size();
    }

  private:
    std::span<std::int32_t> array(BatchIndex index, int replica);

    int n_categories_;
    BatchCapacity capacity_;
    std::array<std::vector<int>, n_row_kinds> counts_;               // [replicas]
    std::array<std::vector<std::int32_t>, n_batch_indices> arrays_;  // [replicas x stride]
    std::vector<std::int32_t> row_of_question_;                      // [Q] scratch of pack
};

/// A batch that a device packs into its own memory, with Device::pack_batch. All responses are
/// known.
class DeviceBatch : public Batch {
  public:
    /// @throws kernels::OutOfMemory
    DeviceBatch(kernels::Backend& backend, int replicas, const BatchCapacity& capacity,
                int n_questions, int n_categories);

    const kernels::BatchArrays& arrays() const { return packed_; }
    /// Memory that one replica's row numbers take.
    static std::size_t bytes(const BatchCapacity& capacity);

  private:
    kernels::BackendArray<int> counts_;           // [kinds x replicas]
    kernels::BackendArray<std::int32_t> arrays_;  // [indices x replicas x stride]
    kernels::BatchArrays packed_;
};

}  // namespace manygpcm
