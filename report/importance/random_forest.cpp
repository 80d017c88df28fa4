// Samples are sorted by every feature once and stay so from node to node, so a tree costs
// O(features x samples x depth). A bootstrap sample is a weight per sample. Nodes wait on a stack
// of their own: a tree may be as deep as it has samples.
#include "importance/random_forest.h"

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <utility>

#include "manygpcm/engine/random.h"

namespace manygpcm::report {
namespace {

// A reduction of the squared error below this share of the targets' own is rounding, not a split.
constexpr double rounding_share = 1e-12;

// The samples by the value of every feature, laid end to end.
struct Orders {
    std::size_t n = 0;      // samples
    std::vector<int> data;  // [feature][rank]

    std::span<int> of(std::size_t feature) { return std::span(data).subspan(feature * n, n); }
    std::span<const int> of(std::size_t feature) const {
        return std::span(data).subspan(feature * n, n);
    }
};

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
        smallest_reduction_ = rounding_share * squared_error(0, orders_.n);
        std::vector<Pending> pending = {{.from = 0, .to = orders_.n}};
        while (!pending.empty()) {
            const Pending node = pending.back();
            pending.pop_back();
            const auto number = static_cast<int>(tree_.size());
            tree_.push_back({.value = mean(node.from, node.to)});
            if (node.parent >= 0) {
                TreeNode& parent = tree_[static_cast<std::size_t>(node.parent)];
                (node.is_right ? parent.right : parent.left) = number;
            }
            const Split best = best_split(node.from, node.to);
            // Written so that what isn't a number splits nothing.
            if (!(best.reduction > smallest_reduction_)) continue;
            const std::size_t middle = partition(best, node.from, node.to);
            if (middle == node.from || middle == node.to) continue;
            removed_[best.feature] += best.reduction;
            TreeNode& grown = tree_.back();
            grown.feature = static_cast<int>(best.feature);
            grown.threshold = best.threshold;
            pending.push_back({.from = middle, .to = node.to, .parent = number, .is_right = true});
            pending.push_back({.from = node.from, .to = middle, .parent = number});
        }
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
    // A node to grow from the samples at from .. to-1 of every order.
    struct Pending {
        std::size_t from, to;
        int parent = -1;
        bool is_right = false;
    };

    double value(std::size_t feature, int sample) const {
        return features_[feature][static_cast<std::size_t>(sample)];
    }
    double target(int sample) const { return targets_[static_cast<std::size_t>(sample)]; }
    double weight(int sample) const { return weights_[static_cast<std::size_t>(sample)]; }

    std::span<const int> samples(std::size_t from, std::size_t to) const {
        return orders_.of(0).subspan(from, to - from);
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

    // Puts the samples up to the threshold before the others in every order; returns where these
    // begin.
    std::size_t partition(const Split& split, std::size_t from, std::size_t to) {
        std::size_t middle = from;
        for (std::size_t feature = 0; feature < features_.size(); ++feature) {
            const std::span<int> order = orders_.of(feature).subspan(from, to - from);
            beyond_.clear();
            std::size_t kept = 0;
            for (const int sample : order)
                if (value(split.feature, sample) <= split.threshold)
                    order[kept++] = sample;
                else
                    beyond_.push_back(sample);
            std::ranges::copy(beyond_, order.begin() + static_cast<std::ptrdiff_t>(kept));
            middle = from + kept;
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
        const std::span<const int> order = std::as_const(orders_).of(feature);
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
                // Between neighbouring numbers there is none, and it may round up.
                if (best.threshold >= next) best.threshold = here;
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
    std::vector<int> beyond_;  // partition's
    std::vector<double> removed_;
    double smallest_reduction_ = 0;
};

Orders sorted_by_each(const std::vector<std::vector<double>>& features,
                      std::span<const int> samples) {
    std::vector<int> distinct(samples.begin(), samples.end());
    std::ranges::sort(distinct);
    distinct.erase(std::unique(distinct.begin(), distinct.end()), distinct.end());
    Orders orders{.n = distinct.size(), .data = {}};
    orders.data.reserve(features.size() * distinct.size());
    for (std::size_t feature = 0; feature < features.size(); ++feature) {
        orders.data.insert(orders.data.end(), distinct.begin(), distinct.end());
        std::ranges::stable_sort(orders.of(feature), {}, [&](int sample) {
            return features[feature][static_cast<std::size_t>(sample)];
        });
    }
    return orders;
}

// Those that the tree has.
Orders drawn_from(const Orders& all, std::size_t n_features, const std::vector<double>& weights) {
    Orders drawn;
    for (std::size_t feature = 0; feature < n_features; ++feature)
        for (const int sample : all.of(feature))
            if (weights[static_cast<std::size_t>(sample)] > 0) drawn.data.push_back(sample);
    drawn.n = drawn.data.size() / n_features;
    return drawn;
}

}  // namespace

Forest grow_forest(const std::vector<std::vector<double>>& features,
                   std::span<const double> targets, std::span<const int> samples, int n_trees,
                   std::uint64_t seed, std::uint64_t stream) {
    const Orders all = sorted_by_each(features, samples);
    const std::size_t draws = std::min(samples.size(), most_samples);
    Forest forest{.trees = {}, .impurity = std::vector<double>(features.size(), 0)};
    for (int i = 0; i < n_trees; ++i) {
        RandomStream random(seed, RandomUse::forest,
                            stream_id({stream, static_cast<std::uint64_t>(i)}));
        std::vector<double> weights(targets.size(), 0);
        for (std::size_t draw = 0; draw < draws; ++draw)
            ++weights[static_cast<std::size_t>(samples[random.below(samples.size())])];
        Orders drawn = drawn_from(all, features.size(), weights);
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

}  // namespace manygpcm::report
