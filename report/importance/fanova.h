// Functional analysis of variance of a forest over the unit cube: how much of the variance of its
// predictions each feature makes by itself, and each pair of features together beyond that.
// Hutter, Hoos, Leyton-Brown: "An efficient approach for assessing hyperparameter importance",
// ICML 2014, algorithms 1 and 2.
#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <utility>
#include <vector>

#include "importance/random_forest.h"

namespace manygpcm::report {

/// Fractions of the variance over the cube, averaged over the trees that have any. What main
/// effects and pairs leave to 1 is of three features and more. All 0 where no tree has variance.
struct Fanova {
    std::vector<double> main;  ///< [feature]
    /// Of two features, the lower first. Those that no tree splits on both are 0 and left out.
    std::map<std::pair<std::size_t, std::size_t>, double> pairs;
};

/// A forest as the boxes of its leaves, which every integral over the cube is a sum over. Costs
/// depend on the features that trees split on, not on how many there are.
class LeafBoxes {
  public:
    LeafBoxes(const Forest& forest, std::size_t n_features);

    Fanova fanova() const;

    /// The forest's mean over all features but one, at ascending values of that one in [0, 1].
    std::vector<double> marginal(std::size_t feature, std::span<const double> values) const;

    /// The same over all but two: [y][x].
    std::vector<std::vector<double>> marginal(std::size_t x_feature, std::size_t y_feature,
                                              std::span<const double> x,
                                              std::span<const double> y) const;

  private:
    // Where a box begins and ends along an axis: places among its edges.
    struct Interval {
        std::size_t first, beyond;
    };
    struct Sweep;
    // Axes are the features that the tree splits on; along the others every leaf is whole.
    struct TreeBoxes {
        std::vector<std::size_t> features;       // [axis] ascending
        std::vector<std::vector<double>> edges;  // [axis] where leaves begin and end, ascending
        std::vector<Interval> intervals;         // [leaf][axis]
        std::vector<double> values;              // [leaf]
        std::vector<double> masses;              // [leaf] value x volume

        explicit TreeBoxes(const Tree& tree);
        std::size_t axis_of(std::size_t feature) const;  // none where the tree doesn't split on it
        Interval interval(std::size_t leaf, std::size_t axis) const {
            return intervals[leaf * features.size() + axis];
        }
        double low(std::size_t leaf, std::size_t axis) const {
            return edges[axis][interval(leaf, axis).first];
        }
        double high(std::size_t leaf, std::size_t axis) const {
            return edges[axis][interval(leaf, axis).beyond];
        }
        double width(std::size_t leaf, std::size_t axis) const {
            return high(leaf, axis) - low(leaf, axis);
        }
        double volume(std::size_t leaf) const;
        double mean() const;
        double variance(double center) const;
        double variance_of_one(std::size_t axis, double center) const;
        double variance_of_two(std::size_t a, const Sweep& along_b, double center) const;
    };

    std::size_t n_features_;
    std::vector<TreeBoxes> trees_;
};

}  // namespace manygpcm::report
