// A model (docs/model.md), recorded as a tape over packed batches for a cohort of replicas of one
// shape.
#pragma once

#include "manygpcm/engine/model.h"
#include "model/batch.h"
#include "model/layers/head.h"
#include "model/tape.h"

namespace manygpcm {

class Network {
  public:
    /// @param training whether backward() will run
    Network(kernels::Backend& backend, const ModelConfig& config, int replicas,
            const BatchCapacity& capacity, bool training);

    /// Takes memory for the tensors, which the first forward() does at the latest.
    /// @throws kernels::OutOfMemory
    void allocate() { tape_.allocate(); }
    void forward(const Pass& pass);
    // One operation of forward() or backward() at a time, for networks that run in step.
    std::size_t operations() const { return tape_.operations(); }
    void forward(const Pass& pass, std::size_t operation) { tape_.forward(pass, operation); }
    void backward(const Pass& pass, std::size_t operation) { tape_.backward(pass, operation); }

    /// Writes the ordinal statistics [ordinal_statistics_size(K)] of what forward() just ran. Those
    /// of an optimizer step that is run in parts are the sums over the parts.
    void write_statistics(const Pass& pass, kernels::PerReplica<double> statistics);
    /// Adds to pass.gradients, for what forward() just ran, the gradient of the loss of
    /// pass.statistics.
    void backward(const Pass& pass);

    // What forward() computed.
    kernels::PerReplica<const float> theta() { return tape_.value(made_.head.theta); }  ///< [steps]
    kernels::PerReplica<const float> alpha() { return tape_.value(made_.head.alpha); }  ///< [steps]
    /// [steps]; null where the model has none.
    kernels::PerReplica<const float> theta_deviation() {
        return tape_.value(made_.theta_deviation);
    }
    kernels::PerReplica<const float> logits() {
        return tape_.value(made_.head.logits);
    }  ///< [steps, K]
    kernels::PerReplica<const float> threshold() {
        return tape_.value(made_.threshold);
    }  ///< [questions, K-1]
    const BatchCapacity& capacity() const { return tape_.capacity(); }
    std::size_t arena_bytes() const { return tape_.arena_bytes(); }

  private:
    int n_categories_;
    Tape tape_;
    ModelTensors made_;
};

}  // namespace manygpcm
