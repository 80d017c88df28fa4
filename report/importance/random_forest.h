// A random forest regressor (Breiman 2001) whose trees are kept, so that fANOVA can take them
// apart. Every tree is grown to the end on a bootstrap sample of its own, with every feature a
// candidate at every split.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace manygpcm::report {

struct TreeNode {
    int feature = -1;  ///< -1: a leaf
    double threshold = 0;
    double value = 0;         ///< of a leaf: mean of its targets
    int left = 0, right = 0;  ///< numbers of nodes: up to the threshold, beyond it
};
using Tree = std::vector<TreeNode>;  ///< the root comes first, every node before its children

struct Forest {
    std::vector<Tree> trees;
    /// Impurity importance: the variance that splits on a feature remove, as a fraction of all that
    /// a tree removes, averaged over the trees. Sums to 1, or is all 0 where no tree could split.
    std::vector<double> impurity;
};

/// Samples that a tree is grown on, at most: a forest of more costs no more, and each tree has
/// others of them.
inline constexpr std::size_t most_samples = 1000;

/// Grows forests on the same features and targets.
class ForestGrower {
  public:
    /// @param features [feature][sample]; one feature at least
    /// @param targets [sample]; they must outlive the grower
    ForestGrower(std::span<const std::vector<double>> features, std::span<const double> targets);

    /// @param samples numbers of the samples to learn from, repeated ones counting as often
    /// @param stream which of the seed's forests
    Forest grow(std::span<const int> samples, int n_trees, std::uint64_t seed,
                std::uint64_t stream = 0) const;

    struct Drawn;  ///< what one tree is grown on

  private:
    /// @param times [sample] how often the tree has it
    Drawn drawn(std::span<const int> times) const;

    std::span<const double> targets_;
    std::size_t n_features_;
    // Sample by sample, for a tree has a few of many.
    std::vector<double> features_;    // [sample][feature]
    std::vector<std::size_t> ranks_;  // [sample][feature] by the feature's value
};

}  // namespace manygpcm::report
