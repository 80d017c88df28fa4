// What training one replica means, wherever it is trained: how it starts, which batches an epoch
// has, what keys its dropout, how its learning rate follows its scores. A replica on a device sees
// the same batches and numbers as on the CPU.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "manygpcm/engine/training.h"
#include "manygpcm/kernels/adam.h"
#include "manygpcm/kernels/dropout.h"
#include "manygpcm/kernels/gpcm_head.h"

namespace manygpcm {

/// @param fitted what weights start as that start fitted; may be null
ReplicaState initial_state(const ReplicaSpec& spec, const ModelConfig& config,
                           const ClassicalGpcm* fitted);

/// The training learners in the order of an epoch (1-based); batches are cut from its start.
std::vector<int> batch_order(const ReplicaSpec& spec, int epoch);

/// Of a replica that has had `steps` steps with dropout.
kernels::DropoutKey dropout_key(const ReplicaSpec& spec, std::uint32_t steps);
kernels::OrdinalLoss ordinal_loss(const Hyperparameters& h);
kernels::AdamConfig adam_config(const Hyperparameters& h, double lr);

/// What the end of an epoch does to the learning rate of the next.
/// @param score validation QWK; NaN: there are no validation learners
void adapt_learning_rate(const ReplicaSpec& spec, double score, ReplicaState& state);

/// The model of these parameters, with what the training responses say of it: every question's mean
/// discrimination over them, their counts and cut points.
/// @param predict  says what it predicts of some of the learners spec.train
Model trained_model(const ModelConfig& config, const ReplicaSpec& spec, Learners learners,
                    std::span<const float> parameters,
                    const std::function<Predictions(std::span<const int>)>& predict);

/// The same where nobody has predicted the training responses yet.
/// @throws Interrupted where `stop` is set
Model model_of(const ModelConfig& config, const ReplicaSpec& spec, Learners learners,
               std::vector<float> parameters, StopFlag stop);

}  // namespace manygpcm
