// One replica in training: its weights, its optimizer's state, its place in the batch order. It
// owns everything that it changes, so replicas on different threads never meet.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <vector>

#include "manygpcm/engine/training.h"
#include "model/inference.h"
#include "model/network.h"

namespace manygpcm {

/// Bytes of the network's arena above which batches are run in parts, which costs a second forward
/// pass.
constexpr std::size_t default_arena_limit = std::size_t{384} << 20;

class Replica {
  public:
    /// @param spec, the learners outlive the replica
    /// @param fitted what weights start as that start fitted; may be null
    /// @param arena_limit bytes; one learner of any length has room all the same
    /// @param stop when set, what runs throws Interrupted before its next operation
    /// @param backend computes on the calling thread; outlives the replica
    /// @throws InputError for a spec without training learners
    Replica(const ReplicaSpec& spec, const LearnerSet& learners, const ClassicalGpcm* fitted,
            std::size_t arena_limit, StopFlag stop = nullptr,
            kernels::Backend& backend = kernels::cpu_backend());

    const ReplicaState& state() const { return state_; }
    /// Goes on from a state of a replica of the same spec.
    void restore(const ReplicaState& state) { state_ = state; }

    /// Trains on all training learners once, then scores the validation learners. Where that is
    /// interrupted, the replica is as it was before.
    /// @param step_done  told after every step what part of the epoch it was; may be empty
    EpochResult run_epoch(const std::function<void(double)>& step_done = {});

    /// The loss of a batch and, in gradient(), its gradient where the loss is finite, with the
    /// dropout of the step that comes next. In parts where the whole has no room: only dropout,
    /// which every part has its own, tells them from the whole.
    double loss_and_gradient(std::span<const int> batch);
    const std::vector<float>& gradient() const { return gradient_; }
    std::vector<float>& parameters() { return state_.parameters; }

    /// Of the network's tensors.
    std::size_t arena_bytes() const { return network_.arena_bytes(); }

    /// The model as it stands, with what the training responses say of it.
    Model model();

  private:
    EpochResult train_and_score(const std::function<void(double)>& step_done);
    /// One optimizer step on a batch. @return its loss; NaN if the step was skipped
    double step(std::span<const int> batch);
    /// The batch cut, in order, into parts that the network holds.
    void cut(std::span<const int> batch);
    Pass forward(std::size_t part);
    Metrics score_validation();
    Predictions predict(std::span<const int> which);

    const ReplicaSpec& spec_;
    const Learners learners_;
    StopFlag stop_;
    ModelConfig config_;
    Network network_;
    PackedBatch batch_;
    ReplicaState state_, before_;  // before the epoch; kept only where it may be interrupted
    std::size_t trained_size_;     // of the parameters
    std::vector<float> gradient_;
    std::vector<double> statistics_, part_statistics_;  // of a batch, of one of its parts
    kernels::OrdinalLoss loss_;
    kernels::DropoutKey dropout_;
    std::vector<std::span<const int>> parts_;
};

}  // namespace manygpcm
