// Functional analysis of variance of a forest over the unit cube: how much of the variance of its
// predictions each feature makes by itself, and each pair of features together beyond that.
// Hutter, Hoos, Leyton-Brown: "An efficient approach for assessing hyperparameter importance",
// ICML 2014, algorithms 1 and 2.
#pragma once

#include <span>
#include <vector>

#include "random_forest.h"

namespace manygpcm {

/// Fractions of the variance over the cube, averaged over the trees that have any. What main
/// effects and pairs leave to 1 is of three features and more. All 0 where no tree has variance.
struct Fanova {
    std::vector<double> main;                ///< [feature]
    std::vector<std::vector<double>> pairs;  ///< [feature][feature below it]
};
Fanova fanova(const Forest& forest, std::size_t n_features);

/// The forest's mean over all features but one, at values of that one in [0, 1].
std::vector<double> marginal(const Forest& forest, std::size_t n_features, std::size_t feature,
                             std::span<const double> values);

/// The same over all but two: [y][x].
std::vector<std::vector<double>> marginal(const Forest& forest, std::size_t n_features,
                                          std::size_t x_feature, std::size_t y_feature,
                                          std::span<const double> x, std::span<const double> y);

}  // namespace manygpcm
