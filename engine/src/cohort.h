// A cohort: replicas of one shape that train together on a device. An optimizer step is one
// recording, made once and replayed; between the first batch of an epoch and the last, validation
// included, nothing comes back to the host. What an epoch gave is scored on the host while the
// next one runs.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "batch.h"
#include "cohort_plan.h"
#include "manygpcm/engine/training.h"
#include "manygpcm/kernels/device.h"
#include "network.h"

namespace manygpcm {

/// All learners in a device's memory, once for everything that trains there.
class DeviceDataset {
  public:
    /// @throws kernels::OutOfMemory
    DeviceDataset(kernels::Device& device, const std::vector<Learner>& learners, int n_questions,
                  int n_categories);

    const std::vector<Learner>& host() const { return learners_; }
    const kernels::DeviceLearners& device() const { return on_device_; }
    int n_questions() const { return n_questions_; }
    int n_categories() const { return n_categories_; }

  private:
    const std::vector<Learner>& learners_;
    int n_questions_, n_categories_;
    kernels::BackendArray<std::int32_t> offsets_, questions_, responses_;
    kernels::DeviceLearners on_device_;
};

/// Work that runs as it is once, which allocates what it needs, and from then on as a recording.
class Replayed {
  public:
    Replayed(kernels::Device& device, std::function<void()> work)
        : device_(device), work_(std::move(work)) {}
    void run();

  private:
    kernels::Device& device_;
    std::function<void()> work_;
    std::unique_ptr<kernels::Recording> recording_;
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

    /// Starts an epoch of all replicas that are still training.
    /// @throws kernels::OutOfMemory in the first epoch
    void start_epoch();
    /// Waits for it and takes what it gave, the next learning rates included.
    void finish_epoch();

    // Of the epoch that was finished last, even while the next one runs.
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

    void train_batch();
    void score_batch();
    kernels::PerReplica<float> weights(int array) const;

    kernels::Device& device_;
    const DeviceDataset& data_;
    const CohortPlan& plan_;
    const ModelConfig config_;
    const std::size_t size_;  // of the flat parameter vector
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

    Replayed training_step_, scoring_step_;
    bool running_ = false;
    std::chrono::steady_clock::time_point start_;
    std::vector<ReplicaState> state_;  // without the arrays, which stay on the device
    std::vector<EpochResult> result_;  // without the validation scores
    std::vector<bool> training_, started_, finished_;
};

}  // namespace manygpcm
