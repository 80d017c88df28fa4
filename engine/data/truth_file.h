// Reads what a simulated dataset was drawn from.
#pragma once

#include <filesystem>

#include "manygpcm/engine/dataset.h"

namespace manygpcm {

/// @param dataset the learners that the file speaks of: train first, then test
/// @throws InputError naming the file unless it fits the dataset.
Truth read_truth(const std::filesystem::path& file, const Dataset& dataset);

}  // namespace manygpcm
