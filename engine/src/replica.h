// One replica in training: its weights, its optimizer's state, its place in the batch order. It
// owns everything that it changes, so replicas on different threads never meet.
#pragma once

#include <vector>

#include "inference.h"
#include "manygpcm/engine/training.h"
#include "network.h"

namespace manygpcm {

class Replica {
  public:
    /// @param spec, learners outlive the replica
    Replica(const ReplicaSpec& spec, const std::vector<Learner>& learners, int n_questions,
            int n_categories);

    /// Trains on all training learners once, then scores the validation learners.
    EpochResult run_epoch();

    /// The model as it stands, with every question's mean discrimination over the training
    /// responses.
    Model model();

  private:
    /// One optimizer step on a batch. @return its loss; NaN if the step was skipped
    double step(std::span<const int> batch);
    /// The batch cut, in order, into parts that the network holds.
    void cut(std::span<const int> batch);
    Pass forward(std::size_t part);
    Metrics score_validation();
    void adapt_learning_rate(double score);

    const ReplicaSpec& spec_;
    const std::vector<Learner>& learners_;
    ModelConfig config_;
    Network network_;
    PackedBatch batch_;
    std::vector<float> parameters_, gradient_, first_moment_, second_moment_;
    kernels::OrdinalLoss loss_;
    kernels::DropoutKey dropout_;
    std::uint32_t dropout_steps_ = 0;
    std::vector<std::span<const int>> parts_;
    int epoch_ = 0, optimizer_steps_ = 0;
    double lr_;
    double best_score_;
    int epochs_without_better_ = 0;
};

}  // namespace manygpcm
