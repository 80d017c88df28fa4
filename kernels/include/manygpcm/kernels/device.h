// What a device does for a cohort beside the operations of a tape: it packs the next batch from
// learners that it holds, finishes the loss, takes the optimizer's step, and keeps a whole step as
// one recording. Between the first batch of an epoch and the last nothing comes back to the host.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "manygpcm/kernels/adam.h"
#include "manygpcm/kernels/backend.h"

namespace manygpcm::kernels {

/// All learners' steps laid end to end.
struct DeviceLearners {
    const std::int32_t* offsets = nullptr;  ///< [learners + 1] first step of each
    const std::int32_t *questions = nullptr, *responses = nullptr;  ///< [steps]
};

/// Which learners make the batches of an epoch: batch b of replica r takes learners
/// order[r][b batch_size ...] as far as `count` goes. A replica that has none left gets an empty
/// batch.
struct BatchOrder {
    RowIndex order;              ///< learner numbers
    const int* count = nullptr;  ///< [replicas] how many
    const int* batch = nullptr;  ///< [1] number of the batch
    int batch_size = 0;
};

/// A packed batch in device memory, steps end to end; `pairs` are of question and response.
struct BatchArrays {
    int *steps = nullptr, *sequences = nullptr, *questions = nullptr, *pairs = nullptr;  ///< rows
    PerReplica<std::int32_t> offsets;                       ///< [sequences + 1] first step
    PerReplica<std::int32_t> question, response;            ///< [steps] ids, categories
    PerReplica<std::int32_t> distinct_question;             ///< [questions] ids, ascending
    PerReplica<std::int32_t> question_row, pair_row;        ///< [steps] the step's row among those
    PerReplica<std::int32_t> pair_question, pair_response;  ///< [pairs] ids, categories
    int capacity_steps = 0, capacity_sequences = 0;
};

/// The optimizer of one replica, in device memory.
struct OptimizerState {
    AdamConfig config;
    int steps_taken = 0;    ///< since training began
    int batches_taken = 0;  ///< of this epoch
    int batches_skipped = 0;
    double loss_sum = 0;  ///< over the batches taken in this epoch
};

/// A sequence of operations, kept to be run again.
class Recording {
  public:
    virtual ~Recording() = default;
    virtual void run() = 0;
    /// Kernels and copies that a run launches.
    virtual std::size_t launches() const = 0;
};

/// What a device's widths and clocks would allow at most, as its data sheet has it; 0 where the
/// driver doesn't say.
struct DevicePeaks {
    double operations = 0;  ///< float32, a second: a fused multiply-add is two
    double bytes = 0;       ///< to and from its memory, a second
};

struct DeviceOptions {
    bool tf32 = false;  ///< matrix products with 10-bit mantissas, for speed
    /// A host's cudaStream_t of the device, on which all work goes in order with the host's; null:
    /// a stream of its own. The host keeps it until the device is closed, gives it to one device at
    /// a time and captures nothing on it. Not the default stream, of which CUDA keeps no
    /// recordings.
    void* stream = nullptr;
};

/// A call of the device failed. what() names the call and what it was for.
struct DeviceError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// An operation of sizes that a device has no kernel for. what() names it, the size and the limit.
struct Unsupported : DeviceError {
    using DeviceError::DeviceError;
};

class Device : public Backend {
  public:
    /// Name, compute capability and memory, for a person.
    virtual std::string description() const = 0;
    virtual std::size_t free_memory() const = 0;
    virtual DevicePeaks peaks() const = 0;
    /// Waits for everything asked for. Errors of kernels that ran come out here, too.
    virtual void synchronize() = 0;

    /// Seconds that the device spends, by its own clock, on what `work` asks for.
    virtual double time(const std::function<void()>& work) = 0;

    /// Copies within the device's memory, in order with the operations.
    virtual void copy(void* to, const void* from, std::size_t bytes) = 0;

    /// Operations between the two are kept, not run. One must not allocate in between; what they
    /// need beside their arguments was allocated by running them once before.
    virtual void begin_recording() = 0;
    virtual std::unique_ptr<Recording> end_recording() = 0;

    /// Between the two, the products of linear maps (forward and backward) are collected; the end
    /// runs them as one call, whatever their shapes, and what follows them. For linear maps of
    /// different cohorts that stand at the same place of their tapes: none may read what another
    /// of the group writes.
    virtual void begin_group() = 0;
    virtual void end_group() = 0;

    /// Rows of arrays beyond the counts get row number 0.
    virtual void pack_batch(int replicas, int n_questions, int n_categories,
                            const DeviceLearners& learners, const BatchOrder& order,
                            const BatchArrays& out) = 0;
    /// Copies the rows [steps, width] behind those of the batches before. @param position
    /// [replicas] rows there already, moved on
    virtual void append_rows(Rows steps, int width, In x, int* position, Out all) = 0;
    /// Adds each step, by its response (row) and its most likely category (column, the lowest where
    /// several are equal), to counts [replicas, K, K].
    virtual void confusion_counts(Rows steps, int categories, In logits, RowIndex responses,
                                  int* counts) = 0;
    /// The loss of every replica's batch from its statistics; NaN for an empty batch.
    virtual void ordinal_losses(int replicas, int categories, const OrdinalLoss* losses,
                                PerReplica<const double> statistics, double* loss) = 0;
    /// As kernels::clip_and_adam for every replica whose loss and gradient are finite; counts what
    /// was taken and skipped. An empty batch (`steps[r]` is 0) is neither.
    virtual void clip_and_adam(Rows steps, std::size_t size, const double* loss,
                               OptimizerState* states, Out parameters, In gradient, Out m,
                               Out v) = 0;
    /// Moves on to the next batch: its number, and the dropout step of replicas that had one.
    /// @param keys null where there is no dropout
    virtual void next_batch(Rows steps, int* batch, DropoutKey* keys) = 0;
};

}  // namespace manygpcm::kernels
