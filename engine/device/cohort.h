// A cohort: replicas of one shape that train together on a device. Between the first batch of an
// epoch and the last, validation included, nothing comes back to the host. What an epoch gave can
// be scored while the next one runs.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "device/cohort_plan.h"
#include "manygpcm/engine/training.h"
#include "manygpcm/kernels/device.h"
#include "model/batch.h"
#include "model/network.h"

namespace manygpcm {

/// All learners in a device's memory, once for everything that trains there.
class DeviceDataset {
  public:
    /// @throws kernels::OutOfMemory
    DeviceDataset(kernels::Device& device, const LearnerSet& learners);

    const LearnerSet& host() const { return learners_; }
    const kernels::DeviceLearners& device() const { return on_device_; }

  private:
    LearnerSet learners_;
    kernels::BackendArray<std::int32_t> offsets_, questions_, responses_;
    kernels::DeviceLearners on_device_;
};

/// Arrays side by side in one block of device memory with a copy on the host: one transfer moves
/// as many of them as lie next to each other.
class TransferBlock {
  public:
    /// An array's place, for those that are added before allocate().
    template <class T>
    struct Slice {
        std::size_t offset = 0;
    };

    template <class T>
    Slice<T> add(std::size_t n) {
        const std::size_t offset = size_;
        size_ += (n * sizeof(T) + alignment - 1) / alignment * alignment;
        return {offset};
    }
    /// Where the next array will begin.
    std::size_t size() const { return size_; }
    void allocate(kernels::Backend& backend, const char* what);

    template <class T>
    T* host(Slice<T> slice) {
        return reinterpret_cast<T*>(host_.data() + slice.offset);
    }
    template <class T>
    T* device(Slice<T> slice) const {
        return reinterpret_cast<T*>(device_.data() + slice.offset);
    }
    void upload(kernels::Backend& backend, std::size_t begin, std::size_t end);
    void download(kernels::Backend& backend, std::size_t begin, std::size_t end);

  private:
    static constexpr std::size_t alignment = 256;
    std::size_t size_ = 0;
    std::vector<std::byte> host_;
    kernels::BackendArray<std::byte> device_;
};

class Cohort {
  public:
    /// Every job has an epoch to come. @param plan outlives the cohort
    /// @throws kernels::OutOfMemory
    Cohort(kernels::Device& device, const DeviceDataset& data, const CohortPlan& plan);

    int replicas() const { return static_cast<int>(plan_.jobs.size()); }
    const TrainingJob& job(int replica) const { return plan_.jobs[replica]; }
    /// Whether the replica has epochs to come: it was neither stopped nor had all.
    bool training(int replica) const { return training_[replica]; }
    int still_training() const;
    void stop(int replica) { training_[replica] = false; }

    struct Batches {
        int training = 0, validation = 0;
    };
    /// Makes an epoch ready for all replicas that are still training. @return the batches that are
    /// to run now; more do nothing
    Batches start_epoch();

    // The stages of an optimizer step and of a scoring pass, operation by operation: cohorts in
    // step run each stage in turn.
    std::size_t operations() const { return network_.operations(); }
    void begin_training_batch();
    void training_forward(std::size_t operation);
    void begin_backward();
    void training_backward(std::size_t operation);
    void end_training_batch();
    void begin_scoring_batch();
    void scoring_forward(std::size_t operation);
    void end_scoring_batch();

    /// Waits for the epoch and takes what it gave, the next learning rates included.
    /// @param seconds what a replica's EpochResult is to say
    void finish_epoch(double seconds);

    // Of the epoch that was finished last, even when the next one has started.
    /// Whether the replica was trained in it.
    bool finished(int replica) const { return finished_[replica]; }
    EpochResult result(int replica);
    ReplicaState state(int replica);

  private:
    /// A pass over batches of a fixed order, the number of the next batch kept on the device.
    struct Order {
        TransferBlock::Slice<std::int32_t> learners;
        TransferBlock::Slice<int> count, batch;
        int stride = 0;  // learners of one replica
    };
    Order add_order(int stride);
    void fill_order(const Order& order, int replica, std::span<const int> learners);
    kernels::BatchOrder batches(const Order& order) const;
    /// Batches of the replica that has most.
    int most_batches(const std::vector<std::size_t>& learners) const;

    Pass training_pass() const;
    Pass scoring_pass() const;
    kernels::PerReplica<float> weights(int array) const;
    kernels::PerReplica<float> gradients() const;
    kernels::PerReplica<double> statistics() const;

    kernels::Device& device_;
    const DeviceDataset& data_;
    const CohortPlan& plan_;
    const ModelConfig config_;
    const std::size_t size_, trained_size_;  // of the flat parameter vector
    Network network_;
    DeviceBatch batch_;

    kernels::BackendArray<float> weights_, saved_weights_;  // [3][replicas][size]
    kernels::BackendArray<float> gradients_;                // [replicas][size]
    kernels::BackendArray<double> statistics_, loss_values_;
    kernels::BackendArray<kernels::OrdinalLoss> losses_;

    // What goes up with every epoch and what comes back; `states_` and `confusion_` do both.
    TransferBlock block_;
    Order train_order_, validation_order_;
    TransferBlock::Slice<kernels::DropoutKey> keys_;
    TransferBlock::Slice<int> validation_position_;
    TransferBlock::Slice<kernels::OptimizerState> states_;
    TransferBlock::Slice<int> confusion_;
    TransferBlock::Slice<float> validation_logits_;
    std::size_t results_begin_ = 0, upload_end_ = 0;

    bool running_ = false;
    std::vector<ReplicaState> state_;  // without the arrays, which stay on the device
    std::vector<EpochResult> result_;  // without the validation scores
    std::vector<bool> training_, started_, finished_;
};

}  // namespace manygpcm
