// The forward pass alone over any number of learners, in as few batches as a network's capacity
// allows.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "manygpcm/engine/model.h"
#include "manygpcm/engine/stop.h"
#include "model/network.h"

namespace manygpcm {

/// Appends the softmax of one step's logits.
void append_softmax(std::span<const float> logits, std::vector<float>& probabilities);

/// Steps of the longest of `which`.
int longest_sequence(Learners learners, std::span<const int> which);

/// What is asked for of predictions; the rest is left empty.
enum class Wanted { all, abilities };

/// Runs `parameters` of one replica over `which`; every batch takes as many learners in order as
/// fit. Probabilities are the softmax of the logits.
/// @param network of one replica, able to hold the longest of `which`
/// @param batch of the same capacity
/// @throws Interrupted where `stop` is set
Predictions run_inference(Network& network, PackedBatch& batch, int n_categories,
                          std::span<const float> parameters, Learners learners,
                          std::span<const int> which, StopFlag stop = nullptr,
                          Wanted wanted = Wanted::all);

/// Theta and its deviation alone.
Predictions predict_abilities(const Model& model, Learners learners, std::span<const int> which,
                              StopFlag stop = nullptr);

}  // namespace manygpcm
