// A tree is constant on the boxes of its leaves, so every integral is a sum over boxes. The mean
// over all features but U, at a point of U, is the sum over the leaves that contain the point of
// value x volume / (volume of the box in U).
#include "fanova.h"

#include <algorithm>
#include <cstddef>

namespace manygpcm {
namespace {

struct Leaf {
    std::vector<double> low, high;  // [feature]
    double value = 0;
    std::vector<std::size_t> first, beyond;  // [feature] places of low and high among the edges

    double width(std::size_t feature) const { return high[feature] - low[feature]; }
    double volume() const {
        double product = 1;
        for (std::size_t f = 0; f < low.size(); ++f)
            product *= width(f);
        return product;
    }
};

// Of a tree over the unit cube.
struct Leaves {
    std::vector<Leaf> boxes;
    std::vector<double> mass;                // [leaf] value x volume
    std::vector<std::vector<double>> edges;  // [feature] where boxes begin and end, ascending
};

void collect(const Tree& tree, int number, Leaf box, std::vector<Leaf>& out) {
    const TreeNode& node = tree[static_cast<std::size_t>(number)];
    if (node.feature < 0) {
        box.value = node.value;
        out.push_back(std::move(box));
        return;
    }
    const auto feature = static_cast<std::size_t>(node.feature);
    Leaf left = box;
    left.high[feature] = node.threshold;
    collect(tree, node.left, std::move(left), out);
    box.low[feature] = node.threshold;
    collect(tree, node.right, std::move(box), out);
}

std::size_t index_of(const std::vector<double>& edges, double edge) {
    return static_cast<std::size_t>(std::ranges::lower_bound(edges, edge) - edges.begin());
}

Leaves leaves_of(const Tree& tree, std::size_t n_features) {
    Leaves leaves;
    collect(tree, 0,
            {.low = std::vector<double>(n_features, 0),
             .high = std::vector<double>(n_features, 1),
             .first = {},
             .beyond = {}},
            leaves.boxes);
    for (const Leaf& box : leaves.boxes)
        leaves.mass.push_back(box.value * box.volume());
    for (std::size_t f = 0; f < n_features; ++f) {
        std::vector<double>& edges = leaves.edges.emplace_back(1, 1.0);
        for (const Leaf& box : leaves.boxes)
            edges.push_back(box.low[f]);
        std::ranges::sort(edges);
        edges.erase(std::ranges::unique(edges).begin(), edges.end());
        for (Leaf& box : leaves.boxes) {
            box.first.push_back(index_of(edges, box.low[f]));
            box.beyond.push_back(index_of(edges, box.high[f]));
        }
    }
    return leaves;
}

double mean(const Leaves& leaves) {
    double sum = 0;
    for (const double mass : leaves.mass)
        sum += mass;
    return sum;
}

double variance(const Leaves& leaves, double center) {
    double sum = 0;
    for (const Leaf& box : leaves.boxes)
        sum += box.volume() * (box.value - center) * (box.value - center);
    return sum;
}

// Variance of the mean over all features but one.
double variance_of_one(const Leaves& leaves, std::size_t f, double center) {
    const std::vector<double>& edges = leaves.edges[f];
    std::vector<double> steps(edges.size(), 0);  // changes of the mean at the edges
    for (std::size_t i = 0; i < leaves.boxes.size(); ++i) {
        const Leaf& box = leaves.boxes[i];
        const double height = leaves.mass[i] / box.width(f);
        steps[box.first[f]] += height;
        steps[box.beyond[f]] -= height;
    }
    double sum = 0, height = 0;
    for (std::size_t i = 0; i + 1 < edges.size(); ++i) {
        height += steps[i];
        sum += (edges[i + 1] - edges[i]) * (height - center) * (height - center);
    }
    return sum;
}

// The same for all features but two: changes at the corners of the boxes, summed along both axes.
double variance_of_two(const Leaves& leaves, std::size_t f, std::size_t g, double center) {
    const std::vector<double>&x = leaves.edges[f], &y = leaves.edges[g];
    std::vector<double> steps(x.size() * y.size(), 0);  // [y][x]
    for (std::size_t i = 0; i < leaves.boxes.size(); ++i) {
        const Leaf& box = leaves.boxes[i];
        const double height = leaves.mass[i] / (box.width(f) * box.width(g));
        const std::size_t x0 = box.first[f], x1 = box.beyond[f];
        const std::size_t y0 = box.first[g], y1 = box.beyond[g];
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

bool contains(const Leaf& box, std::size_t feature, double value) {
    // The last box of an axis holds its end.
    return value >= box.low[feature] && (value < box.high[feature] || box.high[feature] == 1);
}

}  // namespace

Fanova fanova(const Forest& forest, std::size_t n_features) {
    Fanova result;
    result.main.resize(n_features, 0);
    for (std::size_t f = 0; f < n_features; ++f)
        result.pairs.emplace_back(f, 0.0);
    double n_trees = 0;
    for (const Tree& tree : forest.trees) {
        const Leaves leaves = leaves_of(tree, n_features);
        const double center = mean(leaves), total = variance(leaves, center);
        if (total <= 0) continue;
        ++n_trees;
        std::vector<double> alone;
        for (std::size_t f = 0; f < n_features; ++f) {
            alone.push_back(variance_of_one(leaves, f, center) / total);
            result.main[f] += alone[f];
            if (leaves.edges[f].size() == 2) continue;  // the tree never looks at it
            for (std::size_t g = 0; g < f; ++g)
                if (leaves.edges[g].size() > 2)
                    result.pairs[f][g] += std::max(
                        0.0, variance_of_two(leaves, f, g, center) / total - alone[f] - alone[g]);
        }
    }
    if (n_trees == 0) return result;
    for (std::size_t f = 0; f < n_features; ++f) {
        result.main[f] /= n_trees;
        for (double& pair : result.pairs[f])
            pair /= n_trees;
    }
    return result;
}

std::vector<double> marginal(const Forest& forest, std::size_t n_features, std::size_t feature,
                             std::span<const double> values) {
    std::vector<double> means(values.size(), 0);
    for (const Tree& tree : forest.trees) {
        const Leaves leaves = leaves_of(tree, n_features);
        for (std::size_t i = 0; i < leaves.boxes.size(); ++i) {
            const Leaf& box = leaves.boxes[i];
            for (std::size_t v = 0; v < values.size(); ++v)
                if (contains(box, feature, values[v]))
                    means[v] += leaves.mass[i] / box.width(feature) /
                                static_cast<double>(forest.trees.size());
        }
    }
    return means;
}

std::vector<std::vector<double>> marginal(const Forest& forest, std::size_t n_features,
                                          std::size_t x_feature, std::size_t y_feature,
                                          std::span<const double> x, std::span<const double> y) {
    std::vector<std::vector<double>> means(y.size(), std::vector<double>(x.size(), 0));
    for (const Tree& tree : forest.trees) {
        const Leaves leaves = leaves_of(tree, n_features);
        for (std::size_t i = 0; i < leaves.boxes.size(); ++i) {
            const Leaf& box = leaves.boxes[i];
            const double height = leaves.mass[i] / (box.width(x_feature) * box.width(y_feature)) /
                                  static_cast<double>(forest.trees.size());
            for (std::size_t row = 0; row < y.size(); ++row) {
                if (!contains(box, y_feature, y[row])) continue;
                for (std::size_t column = 0; column < x.size(); ++column)
                    if (contains(box, x_feature, x[column])) means[row][column] += height;
            }
        }
    }
    return means;
}

}  // namespace manygpcm
