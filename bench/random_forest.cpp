// Trees by least squares (Breiman et al. 1984), and what they are grown to.
#include "random_forest.h"

#include <algorithm>
#include <random>

namespace manygpcm::bench {
namespace {

constexpr int n_trees = 100;
constexpr std::size_t least_leaf = 3;

struct Split {
    double explained = 0;  ///< of the sum of squares
    std::size_t axis = 0;
    double threshold = 0;
};

/// Nothing explained: there is none that leaves both sides observations enough.
Split best_split(const Rows& x, const std::vector<double>& y,
                 const std::vector<std::size_t>& rows) {
    const std::size_t n = rows.size();
    Split best;
    for (std::size_t axis = 0; axis < x.front().size(); ++axis) {
        std::vector<std::size_t> sorted = rows;
        std::ranges::stable_sort(sorted, {}, [&](std::size_t row) { return x[row][axis]; });
        std::vector<double> sums;
        for (double sum = 0; const std::size_t row : sorted)
            sums.push_back(sum += y[row]);
        const double all = sums.back();
        for (std::size_t below = least_leaf; below + least_leaf <= n; ++below) {
            const double left = x[sorted[below - 1]][axis], right = x[sorted[below]][axis];
            if (left == right) continue;
            const double sum = sums[below - 1], rest = all - sum;
            const double explained = sum * sum / static_cast<double>(below) +
                                     rest * rest / static_cast<double>(n - below) -
                                     all * all / static_cast<double>(n);
            // What rounding alone makes larger isn't: the other program has the same trees.
            if (explained > best.explained + 1e-9) best = {explained, axis, (left + right) / 2};
        }
    }
    return best;
}

}  // namespace

RegressionTree::RegressionTree(const Rows& x, const std::vector<double>& y,
                               const std::vector<std::size_t>& rows) {
    grow(x, y, rows);
}

std::size_t RegressionTree::grow(const Rows& x, const std::vector<double>& y,
                                 const std::vector<std::size_t>& rows) {
    const std::size_t place = nodes_.size();
    nodes_.emplace_back();
    Node node;
    for (const std::size_t row : rows)
        node.mean += y[row] / static_cast<double>(rows.size());
    if (const Split split = best_split(x, y, rows); split.explained > 0) {
        node.axis = split.axis;
        node.threshold = split.threshold;
        std::vector<std::size_t> below, above;
        for (const std::size_t row : rows)
            (x[row][split.axis] < split.threshold ? below : above).push_back(row);
        node.below = grow(x, y, below);
        node.above = grow(x, y, above);
    }
    nodes_[place] = node;
    return place;
}

double RegressionTree::at(const std::vector<double>& x) const {
    const Node* node = &nodes_.front();
    while (node->below != 0)
        node = &nodes_[x[node->axis] < node->threshold ? node->below : node->above];
    return node->mean;
}

RandomForest::RandomForest(const Rows& x, const std::vector<double>& y) {
    std::minstd_rand random(1);
    for (int tree = 0; tree < n_trees; ++tree) {
        std::vector<std::size_t> rows(y.size());
        for (std::size_t& row : rows)
            row = random() % y.size();
        trees_.emplace_back(x, y, rows);
    }
}

double RandomForest::at(const std::vector<double>& x) const {
    double sum = 0;
    for (const RegressionTree& tree : trees_)
        sum += tree.at(x);
    return sum / static_cast<double>(trees_.size());
}

}  // namespace manygpcm::bench
