// The three models (docs/model.md), each recorded as a tape over packed batches for a cohort of
// replicas of one shape.
#pragma once

#include <algorithm>
#include <vector>

#include "batch.h"
#include "manygpcm/engine/model.h"
#include "operations.h"
#include "tape.h"

namespace manygpcm {

class Network {
  public:
    /// @param training whether backward() will run
    Network(const ModelConfig& config, int replicas, const BatchCapacity& capacity, bool training);

    void forward(const Pass& pass);

    // An optimizer step's batch may be run in parts. Its loss isn't a sum over them, so first every
    // part's statistics are added up; then every part runs forward and backward again.
    void clear_statistics() { std::fill(statistics_.begin(), statistics_.end(), 0.0); }
    void add_statistics(const Pass& pass);  ///< of what forward() just ran, for every replica
    /// Of everything added.
    kernels::OrdinalLossValue loss(const kernels::OrdinalLoss& loss, int replica) const;
    /// Adds to pass.gradients, for what forward() just ran, the gradient of the loss.
    void backward(const Pass& pass);

    // What forward() computed.
    kernels::PerReplica<const float> theta() { return tape_.value(head_.theta); }    ///< [steps]
    kernels::PerReplica<const float> alpha() { return tape_.value(head_.alpha); }    ///< [steps]
    kernels::PerReplica<const float> logits() { return tape_.value(head_.logits); }  ///< [steps, K]
    kernels::PerReplica<const float> threshold() {
        return tape_.value(threshold_);
    }  ///< [questions, K-1]
    const BatchCapacity& capacity() const { return tape_.capacity(); }
    std::size_t arena_bytes() const { return tape_.arena_bytes(); }

  private:
    int n_categories_;
    Tape tape_;
    std::vector<double> statistics_;        // [replicas, ordinal_statistics_size(K)]
    std::vector<double> batch_statistics_;  // the same of one pass
    HeadTensors head_;
    Tensor threshold_;
};

}  // namespace manygpcm
