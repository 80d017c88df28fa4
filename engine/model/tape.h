// The tape: a model's operations in the order they run, recorded once, and the one arena that holds
// all their tensors. forward() runs them in order, backward() the other way round.
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include "manygpcm/engine/stop.h"
#include "manygpcm/kernels/backend.h"
#include "model/batch.h"

namespace manygpcm {

/// A tensor of a tape: [rows, width] for every replica.
struct Tensor {
    int id = -1;
    explicit operator bool() const { return id >= 0; }
};

/// A tensor as one operation reads it; the number tells which reader of the tensor it is.
struct Operand {
    Tensor tensor;
    int reader = 0;
};

/// What one run over a batch needs beside the tape, all of it in the tape's backend's memory.
struct Pass {
    const Batch& batch;
    kernels::PerReplica<const float> parameters;   ///< flat
    kernels::PerReplica<float> gradients;          ///< flat, added to; null: no backward()
    const kernels::DropoutKey* dropout = nullptr;  ///< one a replica; null: no dropout
    // For backward():
    const kernels::OrdinalLoss* losses = nullptr;       ///< one a replica
    kernels::PerReplica<const double> statistics = {};  ///< of the optimizer step's whole batch
    StopFlag stop = nullptr;  ///< when set, the run ends between two operations, with Interrupted
    /// The batch has the questions of the one before, and parameters are the same: what was made of
    /// these alone is still there.
    bool same_questions = false;
};

class Tape {
  public:
    struct Operation {
        std::function<void(Tape&, const Pass&)> forward, backward;
    };

    /// @param training whether backward() will run: gradients need room
    Tape(kernels::Backend& backend, int replicas, const BatchCapacity& capacity, int n_questions,
         int n_categories, bool training);

    // Recording, before lay_out().
    /// @param fixed_rows number of rows where `rows` is RowKind::fixed
    Tensor add_tensor(RowKind rows, int width, int fixed_rows = 0);
    /// One that has no gradient and needs no reader: what the model puts out, or what an
    /// operation's backward() needs of its forward().
    Tensor add_values(RowKind rows, int width, int fixed_rows = 0);
    /// The next reader of a tensor: its gradient is the sum of what all readers send back.
    Operand read(Tensor tensor);
    /// The only reader of a tensor, for operations that can't add to a gradient. @throws
    /// std::logic_error on a second reader, then or later.
    Operand read_alone(Tensor tensor);
    void record(Operation operation);
    /// A number for each dropout of the model.
    std::uint32_t next_dropout_use() { return dropout_uses_++; }
    /// Ends recording: gives every tensor its place in the arena. Gradients share places where one
    /// is read for the last time before the other is written.
    /// @throws std::logic_error for a tensor of add_tensor() that nobody reads: nobody would write
    /// its gradient
    void lay_out();

    // Running.
    /// Takes the arena's memory, which the first forward() does at the latest.
    /// @throws kernels::OutOfMemory
    void allocate();
    void forward(const Pass& pass);
    void backward(const Pass& pass);
    // The same one operation at a time, for tapes that run in step.
    std::size_t operations() const { return operations_.size(); }
    void forward(const Pass& pass, std::size_t operation);
    void backward(const Pass& pass, std::size_t operation);
    kernels::PerReplica<float> value(Tensor tensor);
    /// @throws std::logic_error for a tensor of add_values()
    kernels::PerReplica<float> gradient(Tensor tensor);
    /// Null for a tensor of add_values(), which may be read and asks for no gradient.
    kernels::PerReplica<float> gradient_if_any(Tensor tensor);
    /// Whether this reader's part of the gradient replaces or is added: readers run last to first.
    kernels::Write write(const Operand& operand) const;

    kernels::Backend& backend() const { return *backend_; }
    bool training() const { return training_; }
    const BatchCapacity& capacity() const { return capacity_; }
    RowKind row_kind(Tensor tensor) const { return tensors_[tensor.id].rows; }
    int width(Tensor tensor) const { return tensors_[tensor.id].width; }
    /// Rows of one replica that the tensor has room for.
    int row_capacity(Tensor tensor) const { return row_capacity(tensors_[tensor.id]); }
    std::size_t arena_bytes() const { return replica_elements_ * replicas_ * sizeof(float); }

  private:
    struct TensorInfo {
        RowKind rows;
        int width, fixed_rows;
        bool has_gradient;
        std::size_t made_by;        // number of the operation that makes it
        std::size_t last_read = 0;  // number of the last operation that reads it
        int readers = 0;
        bool alone = false;
        std::size_t value = 0, gradient = 0;  // offsets in a replica's part of the arena
    };
    int row_capacity(const TensorInfo& tensor) const;
    std::size_t elements(const TensorInfo& tensor) const;

    kernels::Backend* backend_;
    int replicas_, n_questions_, n_categories_;
    BatchCapacity capacity_;
    bool training_;
    std::vector<TensorInfo> tensors_;
    std::vector<Operation> operations_;
    std::vector<bool> of_questions_;        // by operation: whether it reads and makes nothing else
    bool reads_of_questions_alone_ = true;  // the operation that is recorded next
    std::uint32_t dropout_uses_ = 0;
    std::size_t replica_elements_ = 0;  // of one replica's part of the arena
    kernels::BackendArray<float> arena_;
};

}  // namespace manygpcm
