// How many answers of one learner a model takes in. Attention compares each with all before it, so
// that its time grows with the square of them; models without it take any number.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "manygpcm/engine/dataset.h"
#include "manygpcm/engine/hyperparameters.h"

namespace manygpcm {

inline constexpr int most_attended_steps = 20'000;  ///< about a minute of one core an epoch
inline constexpr int many_attended_steps = 5'000;   ///< some seconds

/// A line for the user where a learner has so many answers that they slow training down.
/// @param data where the learners are from
/// @throws InputError naming the learner who has more than the model takes
std::optional<std::string> check_lengths(const Dataset& dataset, ModelKind model,
                                         const std::filesystem::path& data);

}  // namespace manygpcm
