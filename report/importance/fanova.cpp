// A tree is constant on the boxes of its leaves, so every integral is a sum over boxes. The mean
// over all features but U, at a point of U, is the sum over the leaves that contain the point of
// value x volume / (volume of the box in U).
#include "importance/fanova.h"

#include <algorithm>
#include <array>
#include <numeric>
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

// The leaves that begin and that end at each edge of an axis.
struct LeafBoxes::Sweep {
    struct Ends {
        std::vector<std::size_t> starts;  // [edge] of its leaves; one more: where the last end
        std::vector<std::size_t> leaves;

        Ends(const TreeBoxes& tree, std::size_t axis, std::size_t Interval::*end)
            : starts(tree.edges[axis].size() + 1, 0), leaves(tree.values.size()) {
            const auto edge_of = [&](std::size_t leaf) { return tree.interval(leaf, axis).*end; };
            for (std::size_t leaf = 0; leaf < leaves.size(); ++leaf)
                ++starts[edge_of(leaf) + 1];
            std::partial_sum(starts.begin(), starts.end(), starts.begin());
            std::vector<std::size_t> next = starts;
            for (std::size_t leaf = 0; leaf < leaves.size(); ++leaf)
                leaves[next[edge_of(leaf)]++] = leaf;
        }

        std::span<const std::size_t> at(std::size_t edge) const {
            return std::span(leaves).subspan(starts[edge], starts[edge + 1] - starts[edge]);
        }
    };

    std::size_t axis;
    Ends beginning, ending;

    Sweep(const TreeBoxes& tree, std::size_t along)
        : axis(along),
          beginning(tree, axis, &Interval::first),
          ending(tree, axis, &Interval::beyond) {}
};

LeafBoxes::TreeBoxes::TreeBoxes(const Tree& tree) {
    std::set<std::size_t> used;
    for (const TreeNode& node : tree)
        if (node.feature >= 0) used.insert(static_cast<std::size_t>(node.feature));
    features.assign(used.begin(), used.end());
    const std::size_t n = features.size();

    edges.assign(n, {0, 1});
    std::vector<std::size_t> axes(tree.size());  // [node] that it splits
    for (std::size_t i = 0; i < tree.size(); ++i) {
        if (tree[i].feature < 0) continue;
        axes[i] = axis_of(static_cast<std::size_t>(tree[i].feature));
        edges[axes[i]].push_back(tree[i].threshold);
    }
    std::vector<Interval> boxes(tree.size() * n);  // [node][axis]
    for (std::size_t axis = 0; axis < n; ++axis) {
        std::ranges::sort(edges[axis]);
        edges[axis].erase(std::unique(edges[axis].begin(), edges[axis].end()), edges[axis].end());
        boxes[axis] = {index_of(edges[axis], 0), index_of(edges[axis], 1)};
    }
    for (std::size_t i = 0; i < tree.size(); ++i) {
        const auto box = boxes.begin() + static_cast<std::ptrdiff_t>(i * n);
        const TreeNode& node = tree[i];
        if (node.feature < 0) {
            intervals.insert(intervals.end(), box, box + static_cast<std::ptrdiff_t>(n));
            values.push_back(node.value);
            masses.push_back(node.value * volume(masses.size()));
            continue;
        }
        const auto left = static_cast<std::size_t>(node.left) * n;
        const auto right = static_cast<std::size_t>(node.right) * n;
        std::copy_n(box, n, boxes.begin() + static_cast<std::ptrdiff_t>(left));
        std::copy_n(box, n, boxes.begin() + static_cast<std::ptrdiff_t>(right));
        const std::size_t place = index_of(edges[axes[i]], node.threshold);
        boxes[left + axes[i]].beyond = place;
        boxes[right + axes[i]].first = place;
    }
}

std::size_t LeafBoxes::TreeBoxes::axis_of(std::size_t feature) const {
    const auto found = std::ranges::lower_bound(features, feature);
    if (found == features.end() || *found != feature) return none;
    return static_cast<std::size_t>(found - features.begin());
}

double LeafBoxes::TreeBoxes::volume(std::size_t leaf) const {
    double product = 1;
    for (std::size_t axis = 0; axis < features.size(); ++axis)
        product *= width(leaf, axis);
    return product;
}

double LeafBoxes::TreeBoxes::mean() const {
    return std::accumulate(masses.begin(), masses.end(), 0.0);
}

double LeafBoxes::TreeBoxes::variance(double center) const {
    double sum = 0;
    for (std::size_t leaf = 0; leaf < values.size(); ++leaf)
        sum += volume(leaf) * (values[leaf] - center) * (values[leaf] - center);
    return sum;
}

// Variance of the mean over all axes but one.
double LeafBoxes::TreeBoxes::variance_of_one(std::size_t axis, double center) const {
    const std::vector<double>& x = edges[axis];
    std::vector<double> steps(x.size(), 0);  // changes of the mean at the edges
    for (std::size_t leaf = 0; leaf < values.size(); ++leaf) {
        const double height = masses[leaf] / width(leaf, axis);
        steps[interval(leaf, axis).first] += height;
        steps[interval(leaf, axis).beyond] -= height;
    }
    double sum = 0, height = 0;
    for (std::size_t i = 0; i + 1 < x.size(); ++i) {
        height += steps[i];
        sum += (x[i + 1] - x[i]) * (height - center) * (height - center);
    }
    return sum;
}

// The same for all axes but two: changes of the mean along a, as leaves come and go along the
// other.
double LeafBoxes::TreeBoxes::variance_of_two(std::size_t a, const Sweep& along_b,
                                             double center) const {
    // Rows at a time, so that their sums don't wait for one another.
    constexpr std::size_t rows = 4;
    const std::vector<double>&x = edges[a], &y = edges[along_b.axis];
    std::vector<std::array<double, rows>> steps(x.size(), std::array<double, rows>{});
    const auto change = [&](std::size_t leaf, std::size_t first_row, double sign) {
        const double height = sign * masses[leaf] / (width(leaf, a) * width(leaf, along_b.axis));
        for (std::size_t row = first_row; row < rows; ++row) {
            steps[interval(leaf, a).first][row] += height;
            steps[interval(leaf, a).beyond][row] -= height;
        }
    };
    double sum = 0;
    for (std::size_t j = 0; j + 1 < y.size(); j += rows) {
        for (std::array<double, rows>& step : steps)
            step.fill(step.back());
        const std::size_t n_rows = std::min(rows, y.size() - 1 - j);
        for (std::size_t row = 0; row < n_rows; ++row) {
            for (const std::size_t leaf : along_b.ending.at(j + row))
                change(leaf, row, -1);
            for (const std::size_t leaf : along_b.beginning.at(j + row))
                change(leaf, row, 1);
        }
        std::array<double, rows> heights{}, squares{};
        for (std::size_t i = 0; i + 1 < x.size(); ++i) {
            for (std::size_t row = 0; row < rows; ++row) {
                heights[row] += steps[i][row];
                const double from_center = heights[row] - center;
                squares[row] += (x[i + 1] - x[i]) * from_center * from_center;
            }
        }
        for (std::size_t row = 0; row < n_rows; ++row)
            sum += (y[j + row + 1] - y[j + row]) * squares[row];
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
        }
        for (std::size_t b = 0; b < tree.features.size(); ++b) {
            const Sweep along_b(tree, b);
            for (std::size_t a = b + 1; a < tree.features.size(); ++a)
                result.pairs[{tree.features[b], tree.features[a]}] += std::max(
                    0.0, tree.variance_of_two(a, along_b, center) / total - alone[a] - alone[b]);
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
        for (std::size_t leaf = 0; leaf < tree.values.size(); ++leaf) {
            const Within within(values, tree.low(leaf, axis), tree.high(leaf, axis));
            for (std::size_t i = within.first; i < within.beyond; ++i)
                means[i] += tree.masses[leaf] / tree.width(leaf, axis) / n_trees;
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
        for (std::size_t leaf = 0; leaf < tree.values.size(); ++leaf) {
            double height = tree.masses[leaf] / static_cast<double>(trees_.size());
            const auto along = [&](std::span<const double> values, std::size_t axis) {
                if (axis == none) return Within(values, 0, 1);
                height /= tree.width(leaf, axis);
                return Within(values, tree.low(leaf, axis), tree.high(leaf, axis));
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
