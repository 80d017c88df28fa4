// A fleet: cohorts of different shapes whose tapes have the same operations. They run in step, so
// that linear maps of all of them go to the device as one call. An optimizer step of a fleet is one
// recording, made once and replayed.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <vector>

#include "device/cohort.h"
#include "device/cohort_plan.h"

namespace manygpcm {

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

class Fleet {
  public:
    /// @param plan of one fleet; outlives it
    /// @throws kernels::OutOfMemory
    Fleet(kernels::Device& device, const DeviceDataset& data, const FleetPlan& plan);

    const std::vector<std::unique_ptr<Cohort>>& cohorts() const { return cohorts_; }
    int replicas() const;
    int still_training() const;

    /// Starts an epoch of all replicas that are still training: asks the device for the first part
    /// of it and returns before that is over.
    /// @throws kernels::OutOfMemory the first time
    void start_epoch();
    /// Asks for the rest, part by part, and waits for it.
    /// @throws kernels::OutOfMemory the first time; Interrupted between two parts, where `stop` is
    /// set: Cohort::state() is that before the epoch
    void finish_epoch(StopFlag stop);

  private:
    void all(void (Cohort::*stage)());
    void in_step(void (Cohort::*stage)(std::size_t), std::size_t operation);
    void train_batch();
    void score_batch();
    void ask_for_part();

    kernels::Device& device_;
    std::vector<std::unique_ptr<Cohort>> cohorts_;
    Replayed training_step_, scoring_step_;
    std::chrono::steady_clock::time_point start_;
    int started_ = 0;       // replicas
    Cohort::Batches left_;  // of the epoch, not asked for yet
    int batches_in_part_ = 1;
};

}  // namespace manygpcm
