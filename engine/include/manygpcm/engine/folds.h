// K-fold cross-validation over learners.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace manygpcm {

struct Fold {
    std::vector<int> train;       ///< learner numbers, ascending
    std::vector<int> validation;  ///< learner numbers, ascending
};

/// @throws InputError unless so many learners can be cut into so many folds, of a learner at least
void expect_folds(int n_learners, int n_folds);

/// Shuffles 0..n_learners-1 with `seed` and cuts it into `n_folds` parts whose sizes differ by at
/// most one; fold i validates on part i and trains on the rest.
/// @throws InputError as expect_folds()
std::vector<Fold> k_fold(int n_learners, int n_folds, std::uint64_t seed);

constexpr std::size_t fewest_for_a_tenth = 10;

/// Learners to train on, and a tenth of them, by `seed`, to tell the best epoch by.
/// @throws InputError as expect_folds(), for ten folds
Fold hold_out_tenth(std::span<const int> learners, std::uint64_t seed);

}  // namespace manygpcm
