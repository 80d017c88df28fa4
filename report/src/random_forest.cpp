// Samples are sorted by every feature once and stay so from node to node, so a tree costs
// O(features x samples x depth). A bootstrap sample is a weight per sample.
#include "random_forest.h"

#include <algorithm>
#include <cstddef>
#include <numeric>

#include "manygpcm/engine/random.h"

namespace manygpcm {
namespace {

// A reduction of the squared error below this share of the targets' own is rounding, not a split.
constexpr double rounding_share = 1e-12;

using Orders = std::vector<std::vector<int>>;  // [feature] samples by value

struct Split {
    std::size_t feature = 0;
    double threshold = 0;
    double reduction = 0;  // of the sum of squared errors
};

class Grower {
  public:
    Grower(const std::vector<std::vector<double>>& features, std::span<const double> targets,
           std::vector<double> weights, Orders orders, RandomStream random)
        : features_(features),
          targets_(targets),
          weights_(std::move(weights)),
          orders_(std::move(orders)),
          random_(random),
          removed_(features.size(), 0) {}

    Tree grow() {
        const std::size_t n = orders_.front().size();
        smallest_reduction_ = rounding_share * squared_error(0, n);
        split(0, n);
        return std::move(tree_);
    }

    // What the splits on each feature removed, as fractions of the whole.
    std::vector<double> removed() const {
        std::vector<double> shares = removed_;
        const double total = std::accumulate(shares.begin(), shares.end(), 0.0);
        if (total > 0)
            for (double& share : shares)
                share /= total;
        return shares;
    }

  private:
    double value(std::size_t feature, int sample) const {
        return features_[feature][static_cast<std::size_t>(sample)];
    }
    double target(int sample) const { return targets_[static_cast<std::size_t>(sample)]; }
    double weight(int sample) const { return weights_[static_cast<std::size_t>(sample)]; }

    std::span<const int> samples(std::size_t from, std::size_t to) const {
        return std::span(orders_.front()).subspan(from, to - from);
    }
    double total_weight(std::size_t from, std::size_t to) const {
        double sum = 0;
        for (const int sample : samples(from, to))
            sum += weight(sample);
        return sum;
    }
    double mean(std::size_t from, std::size_t to) const {
        double sum = 0;
        for (const int sample : samples(from, to))
            sum += weight(sample) * target(sample);
        return sum / total_weight(from, to);
    }
    double squared_error(std::size_t from, std::size_t to) const {
        const double center = mean(from, to);
        double squares = 0;
        for (const int sample : samples(from, to))
            squares += weight(sample) * (target(sample) - center) * (target(sample) - center);
        return squares;
    }

    // Grows the node of the samples at from .. to-1 of every order; returns its number.
    int split(std::size_t from, std::size_t to) {
        const auto number = static_cast<int>(tree_.size());
        tree_.push_back({.value = mean(from, to)});
        const Split best = best_split(from, to);
        if (best.reduction <= smallest_reduction_) return number;
        removed_[best.feature] += best.reduction;
        const std::size_t middle = partition(best, from, to);
        const int left = split(from, middle);
        const int right = split(middle, to);
        TreeNode& node = tree_[static_cast<std::size_t>(number)];
        node.feature = static_cast<int>(best.feature);
        node.threshold = best.threshold;
        node.left = left;
        node.right = right;
        return number;
    }

    std::size_t partition(const Split& split, std::size_t from, std::size_t to) {
        std::size_t middle = from;
        for (std::vector<int>& order : orders_) {
            const auto first = order.begin() + static_cast<std::ptrdiff_t>(from);
            const auto beyond = std::stable_partition(
                first, order.begin() + static_cast<std::ptrdiff_t>(to),
                [&](int sample) { return value(split.feature, sample) <= split.threshold; });
            middle = from + static_cast<std::size_t>(beyond - first);
        }
        return middle;
    }

    Split best_split(std::size_t from, std::size_t to) {
        // Features are tried in random order, so that of two equally good ones neither is favoured.
        std::vector<int> features(features_.size());
        std::iota(features.begin(), features.end(), 0);
        random_.shuffle(features);
        const double center = mean(from, to), total = total_weight(from, to);
        Split best;
        for (const int feature : features) {
            const Split candidate =
                best_threshold(static_cast<std::size_t>(feature), from, to, center, total);
            if (candidate.reduction > best.reduction) best = candidate;
        }
        return best;
    }

    // With targets about their mean, the squared error falls by S^2 (1/n_left + 1/n_right), where S
    // is the left sum (the right one is -S).
    Split best_threshold(std::size_t feature, std::size_t from, std::size_t to, double center,
                         double total) const {
        Split best{.feature = feature};
        const std::vector<int>& order = orders_[feature];
        double left_sum = 0, n_left = 0;
        for (std::size_t i = from; i + 1 < to; ++i) {
            const int sample = order[i];
            left_sum += weight(sample) * (target(sample) - center);
            n_left += weight(sample);
            const double here = value(feature, sample), next = value(feature, order[i + 1]);
            if (here == next) continue;
            const double reduction = left_sum * left_sum * (1 / n_left + 1 / (total - n_left));
            if (reduction > best.reduction) {
                best.reduction = reduction;
                best.threshold = here + (next - here) / 2;
            }
        }
        return best;
    }

    const std::vector<std::vector<double>>& features_;
    std::span<const double> targets_;
    std::vector<double> weights_;  // [sample] how often the tree has it
    Orders orders_;
    RandomStream random_;
    Tree tree_;
    std::vector<double> removed_;
    double smallest_reduction_ = 0;
};

Orders sorted_by_each(const std::vector<std::vector<double>>& features,
                      std::span<const int> samples) {
    std::vector<int> distinct(samples.begin(), samples.end());
    std::ranges::sort(distinct);
    distinct.erase(std::ranges::unique(distinct).begin(), distinct.end());
    Orders orders(features.size(), distinct);
    for (std::size_t feature = 0; feature < features.size(); ++feature)
        std::ranges::stable_sort(orders[feature], {}, [&](int sample) {
            return features[feature][static_cast<std::size_t>(sample)];
        });
    return orders;
}

}  // namespace

Forest grow_forest(const std::vector<std::vector<double>>& features,
                   std::span<const double> targets, std::span<const int> samples, int n_trees,
                   std::uint64_t seed, std::uint64_t stream) {
    const Orders all = sorted_by_each(features, samples);
    Forest forest{.trees = {}, .impurity = std::vector<double>(features.size(), 0)};
    for (int i = 0; i < n_trees; ++i) {
        RandomStream random(seed, RandomUse::forest,
                            stream_id({stream, static_cast<std::uint64_t>(i)}));
        std::vector<double> weights(targets.size(), 0);
        for (std::size_t draw = 0; draw < samples.size(); ++draw)
            ++weights[static_cast<std::size_t>(samples[random.below(samples.size())])];
        Orders drawn = all;
        for (std::vector<int>& order : drawn)
            std::erase_if(order, [&](int s) { return weights[static_cast<std::size_t>(s)] == 0; });
        Grower grower(features, targets, std::move(weights), std::move(drawn), random);
        forest.trees.push_back(grower.grow());
        const std::vector<double> removed = grower.removed();
        for (std::size_t f = 0; f < removed.size(); ++f)
            forest.impurity[f] += removed[f];
    }
    const double total = std::accumulate(forest.impurity.begin(), forest.impurity.end(), 0.0);
    if (total > 0)
        for (double& share : forest.impurity)
            share /= total;
    return forest;
}

}  // namespace manygpcm
