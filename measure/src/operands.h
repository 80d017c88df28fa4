// What the operations' benchmarks run on: a backend, random arrays in its memory, and packed
// batches like the sample dataset's, one a replica.
#pragma once

#include <memory>
#include <vector>

#include "manygpcm/kernels/backend.h"
#include "model/batch.h"

namespace manygpcm::measure {

constexpr int n_questions = 200, n_categories = 4;

/// 32 learners with 100 to 200 random steps each, about 4,800 steps and all questions among them,
/// for every replica; in a backend's memory.
class SampleBatch : public Batch {
  public:
    SampleBatch(kernels::Backend& backend, int replicas);

  private:
    std::vector<kernels::BackendArray<int>> arrays_;
};

class Operands {
  public:
    Operands(kernels::Backend& backend, int replicas);

    kernels::Backend& backend() const { return backend_; }
    int replicas() const { return replicas_; }
    const Batch& batch() const { return batch_; }
    kernels::Rows rows(RowKind kind) const { return batch_.rows(kind); }
    kernels::RowIndex index(BatchIndex index) const { return batch_.index(index); }
    /// Rows of the fullest replica.
    int capacity(RowKind kind) const { return rows(kind).capacity; }

    /// An array [rows, width] a replica of uniform random numbers between the bounds, the same in
    /// every run.
    kernels::PerReplica<float> array(int rows, int width, float low = -1, float high = 1);
    /// A copy of what a replica needs, the same for each.
    template <class T>
    T* copies(const T& value) {
        const std::vector<T> values(static_cast<std::size_t>(replicas_), value);
        void* memory = allocate(values.size() * sizeof(T));
        backend_.upload(memory, values.data(), values.size() * sizeof(T));
        return static_cast<T*>(memory);
    }
    /// Zeroes.
    void* allocate(std::size_t bytes);

  private:
    kernels::Backend& backend_;
    int replicas_;
    SampleBatch batch_;
    std::vector<kernels::BackendArray<char>> arrays_;
};

}  // namespace manygpcm::measure
