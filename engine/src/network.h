// The three models (model.md), each recorded as a tape over packed batches for a cohort of replicas
// of one shape.
#pragma once

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
    /// The loss of every replica; after forward(), and before backward(), which starts from it.
    std::span<const kernels::OrdinalLossValue> loss(const Pass& pass);
    /// Adds to pass.gradients.
    void backward(const Pass& pass);

    // What forward() computed.
    kernels::PerReplica<const float> theta() { return tape_.value(head_.theta); }    ///< [steps]
    kernels::PerReplica<const float> alpha() { return tape_.value(head_.alpha); }    ///< [steps]
    kernels::PerReplica<const float> logits() { return tape_.value(head_.logits); }  ///< [steps, K]
    kernels::PerReplica<const float> threshold() {
        return tape_.value(threshold_);
    }  ///< [questions, K-1]
    const BatchCapacity& capacity() const { return tape_.capacity(); }

  private:
    int n_categories_;
    Tape tape_;
    std::vector<double> statistics_;  // [replicas, ordinal_statistics_size(K)]
    std::vector<kernels::OrdinalLossValue> losses_;
    HeadTensors head_;
    Tensor threshold_;
};

}  // namespace manygpcm
