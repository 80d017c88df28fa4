// What training one replica means, wherever it is trained: how it starts, which batches an epoch
// has, what keys its dropout, how its learning rate follows its scores. A replica on a device sees
// the same batches and numbers as on the CPU.
#pragma once

#include <span>
#include <vector>

#include "manygpcm/engine/training.h"
#include "manygpcm/kernels/adam.h"
#include "manygpcm/kernels/dropout.h"
#include "manygpcm/kernels/gpcm_head.h"

namespace manygpcm {

ReplicaState initial_state(const ReplicaSpec& spec, const ModelConfig& config);

/// The training learners in the order of an epoch (1-based); batches are cut from its start.
std::vector<int> batch_order(const ReplicaSpec& spec, int epoch);

/// Of a replica that has had `steps` steps with dropout.
kernels::DropoutKey dropout_key(const ReplicaSpec& spec, std::uint32_t steps);
kernels::OrdinalLoss ordinal_loss(const Hyperparameters& h);
kernels::AdamConfig adam_config(const Hyperparameters& h, double lr);

/// What an epoch's validation QWK does to the learning rate of the next.
void adapt_learning_rate(int patience, double score, ReplicaState& state);

/// The model of these parameters, with every question's mean discrimination over the training
/// responses.
/// @param alpha of every step of spec.train, in order
Model trained_model(const ModelConfig& config, const ReplicaSpec& spec,
                    std::span<const Learner> learners, std::span<const float> parameters,
                    std::span<const float> alpha);

}  // namespace manygpcm
