// Grows trees only to see what their splits remove: nothing of a tree is kept.
#include "random_forest.h"

#include <algorithm>
#include <numeric>

#include "manygpcm/engine/random.h"

namespace manygpcm {
namespace {

constexpr int n_trees = 100;
// A reduction of the squared error below this share of the targets' own is rounding, not a split.
constexpr double rounding_share = 1e-12;

struct Split {
    std::size_t feature = 0;
    double threshold = 0;
    double reduction = 0;  // of the sum of squared errors
};

class Tree {
  public:
    Tree(const std::vector<std::vector<double>>& features, std::span<const double> targets,
         RandomStream random)
        : features_(features), targets_(targets), random_(random), removed_(features.size(), 0) {}

    // What the splits on each feature removed, as fractions of the whole.
    std::vector<double> grow() {
        std::vector<int> samples(targets_.size());
        for (int& sample : samples)
            sample = static_cast<int>(random_.below(targets_.size()));
        smallest_reduction_ = rounding_share * squared_error(samples);
        split(samples);
        const double total = std::accumulate(removed_.begin(), removed_.end(), 0.0);
        if (total > 0)
            for (double& removed : removed_)
                removed /= total;
        return removed_;
    }

  private:
    double target(int sample) const { return targets_[static_cast<std::size_t>(sample)]; }

    double squared_error(const std::vector<int>& samples) const {
        double sum = 0, squares = 0;
        for (const int sample : samples)
            sum += target(sample);
        const double mean = sum / static_cast<double>(samples.size());
        for (const int sample : samples)
            squares += (target(sample) - mean) * (target(sample) - mean);
        return squares;
    }

    void split(const std::vector<int>& samples) {
        const Split best = best_split(samples);
        if (best.reduction <= smallest_reduction_) return;
        removed_[best.feature] += best.reduction;
        std::vector<int> left, right;
        for (const int sample : samples) {
            const double value = features_[best.feature][static_cast<std::size_t>(sample)];
            (value <= best.threshold ? left : right).push_back(sample);
        }
        split(left);
        split(right);
    }

    Split best_split(const std::vector<int>& samples) {
        // Features are tried in random order, so that of two equally good ones neither is favoured.
        std::vector<int> order(features_.size());
        std::iota(order.begin(), order.end(), 0);
        random_.shuffle(order);
        Split best;
        for (const int feature : order) {
            const Split candidate = best_threshold(static_cast<std::size_t>(feature), samples);
            if (candidate.reduction > best.reduction) best = candidate;
        }
        return best;
    }

    Split best_threshold(std::size_t feature, std::vector<int> samples) const {
        const std::vector<double>& values = features_[feature];
        const auto value = [&](int sample) { return values[static_cast<std::size_t>(sample)]; };
        std::sort(samples.begin(), samples.end(),
                  [&](int a, int b) { return value(a) != value(b) ? value(a) < value(b) : a < b; });
        double mean = 0;
        for (const int sample : samples)
            mean += target(sample);
        mean /= static_cast<double>(samples.size());

        // With targets about their mean, the squared error falls by S^2 (1/n_left + 1/n_right),
        // where S is the left sum (the right one is -S).
        Split best{.feature = feature};
        double left_sum = 0;
        for (std::size_t i = 0; i + 1 < samples.size(); ++i) {
            left_sum += target(samples[i]) - mean;
            if (value(samples[i]) == value(samples[i + 1])) continue;
            const auto n_left = static_cast<double>(i + 1);
            const auto n_right = static_cast<double>(samples.size() - i - 1);
            const double reduction = left_sum * left_sum * (1 / n_left + 1 / n_right);
            if (reduction > best.reduction) {
                best.reduction = reduction;
                best.threshold = value(samples[i]);
            }
        }
        return best;
    }

    const std::vector<std::vector<double>>& features_;
    std::span<const double> targets_;
    RandomStream random_;
    std::vector<double> removed_;
    double smallest_reduction_ = 0;
};

}  // namespace

std::vector<double> forest_importance(const std::vector<std::vector<double>>& features,
                                      std::span<const double> targets, std::uint64_t seed) {
    std::vector<double> importance(features.size(), 0);
    for (int tree = 0; tree < n_trees; ++tree) {
        const RandomStream random(seed, RandomUse::forest, static_cast<std::uint64_t>(tree));
        const std::vector<double> of_tree = Tree(features, targets, random).grow();
        for (std::size_t i = 0; i < importance.size(); ++i)
            importance[i] += of_tree[i];
    }
    const double total = std::accumulate(importance.begin(), importance.end(), 0.0);
    if (total > 0)
        for (double& value : importance)
            value /= total;
    return importance;
}

}  // namespace manygpcm
