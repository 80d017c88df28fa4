// What operations are timed on: a backend, random arrays in its memory, and packed batches like
// those of the engine (engine/model/batch.h), one a replica.
#pragma once

#include <memory>
#include <vector>

#include "manygpcm/kernels/backend.h"

namespace manygpcm::kernels::checks {

constexpr int n_questions = 200, n_categories = 4;

/// 32 learners with 100 to 200 random steps each, about 4,800 steps and all questions among them,
/// for every replica; in a backend's memory. A pair is a question and a category.
struct SampleBatch {
    Rows sequences, steps, questions, pairs;
    RowIndex offsets;                       ///< [sequences + 1] first step of each
    RowIndex response;                      ///< [steps]
    RowIndex distinct_question;             ///< [questions]
    RowIndex question_row, pair_row;        ///< [steps]
    RowIndex pair_question, pair_response;  ///< [pairs]
};

class Operands {
  public:
    Operands(Backend& backend, int replicas);

    Backend& backend() const { return backend_; }
    int replicas() const { return replicas_; }
    const SampleBatch& batch() const { return batch_; }

    /// An array [rows, width] a replica of uniform random numbers between the bounds, the same in
    /// every run.
    PerReplica<float> array(int rows, int width, float low = -1, float high = 1);
    /// A copy of what a replica needs, the same for each.
    template <class T>
    T* copies(const T& value) {
        const std::vector<T> values(static_cast<std::size_t>(replicas_), value);
        void* memory = allocate(values.size() * sizeof(T));
        backend_.upload(memory, values.data(), values.size() * sizeof(T));
        return static_cast<T*>(memory);
    }
    /// One a replica.
    const DropoutKey* dropout_keys() { return copies(DropoutKey{{1, 2}, 3}); }
    /// Zeroes.
    void* allocate(std::size_t bytes);

  private:
    SampleBatch make_batch();
    int* upload(const std::vector<int>& from);

    Backend& backend_;
    int replicas_;
    std::vector<BackendArray<char>> arrays_;
    SampleBatch batch_;
};

}  // namespace manygpcm::kernels::checks
