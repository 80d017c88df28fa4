// What recorded trials say of all points: a random forest (Breiman 2001), as benchmarks of
// hyperparameter search have it (Eggensperger et al.: "Efficient benchmarking of hyperparameter
// optimizers via surrogates", AAAI 2015). bench/regret_optuna.py grows the same.
#pragma once

#include <cstddef>
#include <vector>

namespace manygpcm::bench {

using Rows = std::vector<std::vector<double>>;  ///< [n][axes]

/// Halves of observations, halves of those, and so on, each where what differs from their means is
/// least; a leaf is the mean of its own.
class RegressionTree {
  public:
    RegressionTree(const Rows& x, const std::vector<double>& y,
                   const std::vector<std::size_t>& rows);

    double at(const std::vector<double>& x) const;

  private:
    struct Node {
        std::size_t axis = 0, below = 0, above = 0;  ///< places of the next; 0: this is a leaf
        double threshold = 0;                        ///< from which on a value is above
        double mean = 0;
    };

    std::size_t grow(const Rows& x, const std::vector<double>& y,
                     const std::vector<std::size_t>& rows);

    std::vector<Node> nodes_;
};

/// The mean of trees, each grown to as many observations as there are, drawn with replacement.
class RandomForest {
  public:
    RandomForest(const Rows& x, const std::vector<double>& y);

    double at(const std::vector<double>& x) const;

  private:
    std::vector<RegressionTree> trees_;
};

}  // namespace manygpcm::bench
