// A tree is constant on the boxes of its leaves, so every integral is a sum over boxes. The mean
// over all features but U, at a point of U, is the sum over the leaves that contain the point of
// value x volume / (volume of the box in U).
#include "importance/fanova.h"

#include <algorithm>
#include <set>

namespace manygpcm::report {
namespace {

constexpr auto none = static_cast<std::size_t>(-1);

std::size_t index_of(const std::vector<double>& edges, double edge) {
    return static_cast<std::size_t>(std::ranges::lower_bound(edges, edge) - edges.begin());
}

// Positions in `values`, ascending, of those within a box; the last box of an axis holds its end.
struct Within {
    std::size_t first, beyond;

    Within(std::span<const double> values, double low, double high)
        : first(static_cast<std::size_t>(std::ranges::lower_bound(values, low) - values.begin())),
          beyond(high == 1 ? values.size()
                           : static_cast<std::size_t>(std::ranges::lower_bound(values, high) -
                                                      values.begin())) {}
};

}  // namespace

double LeafBoxes::Leaf::volume() const {
    double product = 1;
    for (std::size_t axis = 0; axis < low.size(); ++axis)
        product *= width(axis);
    return product;
}

LeafBoxes::TreeBoxes::TreeBoxes(const Tree& tree) {
    std::set<std::size_t> used;
    for (const TreeNode& node : tree)
        if (node.feature >= 0) used.insert(static_cast<std::size_t>(node.feature));
    features.assign(used.begin(), used.end());

    struct Box {
        int node;
        std::vector<double> low, high;
    };
    const std::size_t n = features.size();
    std::vector<Box> pending = {{0, std::vector<double>(n, 0), std::vector<double>(n, 1)}};
    while (!pending.empty()) {
        Box box = std::move(pending.back());
        pending.pop_back();
        const TreeNode& node = tree[static_cast<std::size_t>(box.node)];
        if (node.feature < 0) {
            leaves.push_back({.low = std::move(box.low),
                              .high = std::move(box.high),
                              .first = {},
                              .beyond = {},
                              .value = node.value});
            leaves.back().mass = node.value * leaves.back().volume();
            continue;
        }
        const std::size_t axis = axis_of(static_cast<std::size_t>(node.feature));
        Box left = box;
        left.node = node.left;
        left.high[axis] = node.threshold;
        box.node = node.right;
        box.low[axis] = node.threshold;
        pending.push_back(std::move(box));
        pending.push_back(std::move(left));
    }
    for (std::size_t axis = 0; axis < n; ++axis) {
        std::vector<double>& all = edges.emplace_back(1, 1.0);
        for (const Leaf& leaf : leaves)
            all.push_back(leaf.low[axis]);
        std::ranges::sort(all);
        all.erase(std::unique(all.begin(), all.end()), all.end());
        for (Leaf& leaf : leaves) {
            leaf.first.push_back(index_of(all, leaf.low[axis]));
            leaf.beyond.push_back(index_of(all, leaf.high[axis]));
        }
    }
}

std::size_t LeafBoxes::TreeBoxes::axis_of(std::size_t feature) const {
    const auto found = std::ranges::lower_bound(features, feature);
    if (found == features.end() || *found != feature) return none;
    return static_cast<std::size_t>(found - features.begin());
}

double LeafBoxes::TreeBoxes::mean() const {
    double sum = 0;
    for (const Leaf& leaf : leaves)
        sum += leaf.mass;
    return sum;
}

double LeafBoxes::TreeBoxes::variance(double center) const {
    double sum = 0;
    for (const Leaf& leaf : leaves)
        sum += leaf.volume() * (leaf.value - center) * (leaf.value - center);
    return sum;
}

// Variance of the mean over all axes but one.
double LeafBoxes::TreeBoxes::variance_of_one(std::size_t axis, double center) const {
    const std::vector<double>& x = edges[axis];
    std::vector<double> steps(x.size(), 0);  // changes of the mean at the edges
    for (const Leaf& leaf : leaves) {
        const double height = leaf.mass / leaf.width(axis);
        steps[leaf.first[axis]] += height;
        steps[leaf.beyond[axis]] -= height;
    }
    double sum = 0, height = 0;
    for (std::size_t i = 0; i + 1 < x.size(); ++i) {
        height += steps[i];
        sum += (x[i + 1] - x[i]) * (height - center) * (height - center);
    }
    return sum;
}

// The same for all axes but two: changes at the corners of the boxes, summed along both axes.
double LeafBoxes::TreeBoxes::variance_of_two(std::size_t a, std::size_t b, double center) const {
    const std::vector<double>&x = edges[a], &y = edges[b];
    std::vector<double> steps(x.size() * y.size(), 0);  // [y][x]
    for (const Leaf& leaf : leaves) {
        const double height = leaf.mass / (leaf.width(a) * leaf.width(b));
        const std::size_t x0 = leaf.first[a], x1 = leaf.beyond[a];
        const std::size_t y0 = leaf.first[b], y1 = leaf.beyond[b];
        steps[y0 * x.size() + x0] += height;
        steps[y0 * x.size() + x1] -= height;
        steps[y1 * x.size() + x0] -= height;
        steps[y1 * x.size() + x1] += height;
    }
    double sum = 0;
    std::vector<double> row(x.size(), 0);
    for (std::size_t j = 0; j + 1 < y.size(); ++j) {
        double height = 0;
        for (std::size_t i = 0; i + 1 < x.size(); ++i) {
            row[i] += steps[j * x.size() + i];
            height += row[i];
            sum += (y[j + 1] - y[j]) * (x[i + 1] - x[i]) * (height - center) * (height - center);
        }
    }
    return sum;
}

LeafBoxes::LeafBoxes(const Forest& forest, std::size_t n_features) : n_features_(n_features) {
    for (const Tree& tree : forest.trees)
        trees_.emplace_back(tree);
}

Fanova LeafBoxes::fanova() const {
    Fanova result{.main = std::vector<double>(n_features_, 0), .pairs = {}};
    double n_trees = 0;
    for (const TreeBoxes& tree : trees_) {
        const double center = tree.mean(), total = tree.variance(center);
        if (total <= 0) continue;
        ++n_trees;
        std::vector<double> alone;
        for (std::size_t a = 0; a < tree.features.size(); ++a) {
            alone.push_back(tree.variance_of_one(a, center) / total);
            result.main[tree.features[a]] += alone[a];
            for (std::size_t b = 0; b < a; ++b)
                result.pairs[{tree.features[b], tree.features[a]}] +=
                    std::max(0.0, tree.variance_of_two(a, b, center) / total - alone[a] - alone[b]);
        }
    }
    if (n_trees == 0) return result;
    for (double& share : result.main)
        share /= n_trees;
    for (auto& [features, share] : result.pairs)
        share /= n_trees;
    return result;
}

std::vector<double> LeafBoxes::marginal(std::size_t feature, std::span<const double> values) const {
    std::vector<double> means(values.size(), 0);
    const auto n_trees = static_cast<double>(trees_.size());
    for (const TreeBoxes& tree : trees_) {
        const std::size_t axis = tree.axis_of(feature);
        if (axis == none) {
            const double mean = tree.mean() / n_trees;
            for (double& value : means)
                value += mean;
            continue;
        }
        for (const Leaf& leaf : tree.leaves) {
            const Within within(values, leaf.low[axis], leaf.high[axis]);
            for (std::size_t i = within.first; i < within.beyond; ++i)
                means[i] += leaf.mass / leaf.width(axis) / n_trees;
        }
    }
    return means;
}

std::vector<std::vector<double>> LeafBoxes::marginal(std::size_t x_feature, std::size_t y_feature,
                                                     std::span<const double> x,
                                                     std::span<const double> y) const {
    std::vector<std::vector<double>> means(y.size(), std::vector<double>(x.size(), 0));
    for (const TreeBoxes& tree : trees_) {
        const std::size_t x_axis = tree.axis_of(x_feature), y_axis = tree.axis_of(y_feature);
        for (const Leaf& leaf : tree.leaves) {
            double height = leaf.mass / static_cast<double>(trees_.size());
            const auto along = [&](std::span<const double> values, std::size_t axis) {
                if (axis == none) return Within(values, 0, 1);
                height /= leaf.width(axis);
                return Within(values, leaf.low[axis], leaf.high[axis]);
            };
            const Within columns = along(x, x_axis), rows = along(y, y_axis);
            for (std::size_t row = rows.first; row < rows.beyond; ++row)
                for (std::size_t column = columns.first; column < columns.beyond; ++column)
                    means[row][column] += height;
        }
    }
    return means;
}

}  // namespace manygpcm::report
