// What several models say on average: their distributions and abilities, and how far they differ.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "manygpcm/engine/model.h"

namespace manygpcm {

struct Consensus {
    /// Means over the models. The deviation of ability is that of all their distributions together;
    /// empty unless every model has one.
    Predictions mean;
    /// [steps] standard deviation over the models of the expected category; empty of one model.
    std::vector<double> spread;
};

/// [K] of a step.
std::span<const float> distribution(const Predictions& predictions, std::size_t step);
std::span<const float> distribution(const Predictions&&, std::size_t) = delete;  // of what is gone

/// Σ k p_k of a step.
double expected_score(const Predictions& predictions, std::size_t step);

/// @param of_models of the same steps; at least one
Consensus average(std::vector<Predictions> of_models);

}  // namespace manygpcm
