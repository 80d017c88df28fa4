// What a sweep searches of the deep models where nothing else is said. The published space begins
// at batches that leave too few steps to an epoch, and ends below their best learning rates
// (docs/search.md has the measurements).
#pragma once

#include <utility>
#include <vector>

#include "manygpcm/engine/models.h"

namespace manygpcm {

/// @param own  of what shapes the model, which comes first
inline std::vector<SearchRange> deep_space(std::vector<SearchRange> own) {
    const std::vector<SearchRange> common = {
        {.name = "key_dim", .choices = {32, 64}},
        {.name = "value_dim", .choices = {50, 100, 200}},
        {.name = "dropout_rate", .low = 0, .high = 0.5},
        {.name = "batch_size", .choices = {8, 16, 32}},
        {.name = "lr", .low = 1e-3, .high = 2e-2, .log = true},
        {.name = "lr_schedule", .words = {"constant", "cosine"}},
        {.name = "optimizer", .words = {"adam", "adamw"}},
        {.name = "weight_decay",
         .low = 1e-3,
         .high = 0.3,
         .log = true,
         .where = "optimizer=adamw"}};
    own.insert(own.end(), common.begin(), common.end());
    return own;
}

}  // namespace manygpcm
