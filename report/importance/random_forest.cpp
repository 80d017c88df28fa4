// Samples are sorted by every feature once and stay so from forest to tree and from node to node,
// so a tree costs O(features x samples x depth). A bootstrap sample is a weight per sample. Nodes
// wait on a stack of their own: a tree may be as deep as it has samples.
#include "importance/random_forest.h"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <numeric>
#include <utility>

#include "manygpcm/engine/random.h"

namespace manygpcm::report {

// What one tree is grown on: the samples that it has, numbered anew, so that all of it stays in the
// processor's caches.
struct ForestGrower::Drawn {
    std::size_t n = 0;             // samples
    std::vector<double> features;  // [feature][sample]
    std::vector<double> targets;   // [sample]
    std::vector<double> weights;   // [sample] how often the tree has it
    std::vector<int> sorted;       // [feature][rank] samples by the feature's value

    std::span<const double> values(std::size_t feature) const {
        return std::span(features).subspan(feature * n, n);
    }
    std::span<int> by(std::size_t feature) { return std::span(sorted).subspan(feature * n, n); }
    std::span<const int> by(std::size_t feature) const {
        return std::span(sorted).subspan(feature * n, n);
    }
};

namespace {

// A reduction of the squared error below this share of the targets' own is rounding, not a split.
constexpr double rounding_share = 1e-12;

struct Split {
    std::size_t feature = 0;
    double threshold = 0;
    double reduction = 0;  // of the sum of squared errors
};

class Grower {
  public:
    Grower(ForestGrower::Drawn drawn, std::size_t n_features, RandomStream random)
        : drawn_(std::move(drawn)),
          random_(random),
          pulls_(drawn_.n),
          is_left_(drawn_.n),
          tried_(n_features),
          removed_(n_features, 0) {}

    Tree grow() {
        smallest_reduction_ = rounding_share * squared_error(0, drawn_.n);
        std::vector<Pending> pending = {{.from = 0, .to = drawn_.n}};
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

    double target(int sample) const { return drawn_.targets[static_cast<std::size_t>(sample)]; }
    double weight(int sample) const { return drawn_.weights[static_cast<std::size_t>(sample)]; }

    std::span<const int> samples(std::size_t from, std::size_t to) const {
        return drawn_.by(0).subspan(from, to - from);
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
        const std::span<const double> values = drawn_.values(split.feature);
        for (const int sample : samples(from, to)) {
            const auto i = static_cast<std::size_t>(sample);
            is_left_[i] = values[i] <= split.threshold;
        }
        beyond_.resize(to - from);
        std::size_t kept = 0;
        for (std::size_t feature = 0; feature < removed_.size(); ++feature) {
            const std::span<int> order = drawn_.by(feature).subspan(from, to - from);
            // No branch: which side the next one is on can't be guessed.
            kept = 0;
            std::size_t others = 0;
            for (const int sample : order) {
                const std::size_t left = is_left_[static_cast<std::size_t>(sample)];
                order[kept] = beyond_[others] = sample;
                kept += left;
                others += 1 - left;
            }
            std::copy_n(beyond_.begin(), others, order.begin() + static_cast<std::ptrdiff_t>(kept));
        }
        return from + kept;
    }

    Split best_split(std::size_t from, std::size_t to) {
        // Features are tried in random order, so that of two equally good ones neither is favoured.
        std::iota(tried_.begin(), tried_.end(), 0);
        random_.shuffle(tried_);
        const double center = mean(from, to), total = total_weight(from, to);
        for (const int sample : samples(from, to))
            pulls_[static_cast<std::size_t>(sample)] = weight(sample) * (target(sample) - center);
        Split best;
        for (const int feature : tried_) {
            const Split candidate =
                best_threshold(static_cast<std::size_t>(feature), from, to, total);
            if (candidate.reduction > best.reduction) best = candidate;
        }
        return best;
    }

    // With targets about their mean, the squared error falls by S^2 (1/n_left + 1/n_right), where S
    // is the left sum (the right one is -S).
    Split best_threshold(std::size_t feature, std::size_t from, std::size_t to,
                         double total) const {
        Split best{.feature = feature};
        const std::span<const int> order = drawn_.by(feature).subspan(from, to - from);
        const std::span<const double> values = drawn_.values(feature);
        double left_sum = 0, n_left = 0;
        double next = values[static_cast<std::size_t>(order.front())];
        for (std::size_t i = 0; i + 1 < order.size(); ++i) {
            const auto sample = static_cast<std::size_t>(order[i]);
            left_sum += pulls_[sample];
            n_left += drawn_.weights[sample];
            const double here = next;
            next = values[static_cast<std::size_t>(order[i + 1])];
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

    ForestGrower::Drawn drawn_;
    RandomStream random_;
    Tree tree_;
    std::vector<double> pulls_;           // [sample] best_split's: weight x target about the mean
    std::vector<unsigned char> is_left_;  // [sample] partition's
    std::vector<int> beyond_;             // partition's
    std::vector<int> tried_;              // features, best_split's
    std::vector<double> removed_;         // [feature]
    double smallest_reduction_ = 0;
};

// A set of ranks below n that tells how many of it are below one of them.
class RankSet {
  public:
    explicit RankSet(std::size_t n) : bits_(n / 64 + 1, 0), before_(n / 64 + 1, 0) {}

    void clear() { std::ranges::fill(bits_, 0); }
    void add(std::size_t rank) { bits_[rank / 64] |= std::uint64_t{1} << rank % 64; }
    void count() {
        for (std::size_t word = 1; word < bits_.size(); ++word)
            before_[word] = before_[word - 1] + n_bits(bits_[word - 1]);
    }
    // How many of the set are below; count() comes first.
    std::size_t below(std::size_t rank) const {
        const std::uint64_t lower = (std::uint64_t{1} << rank % 64) - 1;
        return before_[rank / 64] + n_bits(bits_[rank / 64] & lower);
    }

  private:
    static std::size_t n_bits(std::uint64_t word) {
        return static_cast<std::size_t>(std::popcount(word));
    }
    std::vector<std::uint64_t> bits_;
    std::vector<std::size_t> before_;  // [word]
};

}  // namespace

ForestGrower::ForestGrower(std::span<const std::vector<double>> features,
                           std::span<const double> targets)
    : targets_(targets),
      n_features_(features.size()),
      features_(features.size() * targets.size()),
      ranks_(features.size() * targets.size()) {
    std::vector<std::size_t> order(targets.size());
    for (std::size_t feature = 0; feature < n_features_; ++feature) {
        const std::vector<double>& values = features[feature];
        std::iota(order.begin(), order.end(), std::size_t{0});
        std::ranges::stable_sort(order, {}, [&](std::size_t sample) { return values[sample]; });
        for (std::size_t rank = 0; rank < order.size(); ++rank) {
            const std::size_t place = order[rank] * n_features_ + feature;
            ranks_[place] = rank;
            features_[place] = values[order[rank]];
        }
    }
}

ForestGrower::Drawn ForestGrower::drawn(std::span<const int> times) const {
    std::vector<std::size_t> samples;
    for (std::size_t sample = 0; sample < times.size(); ++sample)
        if (times[sample] > 0) samples.push_back(sample);
    Drawn drawn;
    drawn.n = samples.size();
    drawn.features.resize(n_features_ * drawn.n);
    drawn.sorted.resize(n_features_ * drawn.n);
    for (const std::size_t sample : samples) {
        drawn.targets.push_back(targets_[sample]);
        drawn.weights.push_back(times[sample]);
    }
    RankSet ranks(targets_.size());
    for (std::size_t feature = 0; feature < n_features_; ++feature) {
        ranks.clear();
        for (const std::size_t sample : samples)
            ranks.add(ranks_[sample * n_features_ + feature]);
        ranks.count();
        for (std::size_t i = 0; i < drawn.n; ++i) {
            const std::size_t place = samples[i] * n_features_ + feature;
            drawn.features[feature * drawn.n + i] = features_[place];
            drawn.sorted[feature * drawn.n + ranks.below(ranks_[place])] = static_cast<int>(i);
        }
    }
    return drawn;
}

Forest ForestGrower::grow(std::span<const int> samples, int n_trees, std::uint64_t seed,
                          std::uint64_t stream) const {
    const std::size_t draws = std::min(samples.size(), most_samples);
    Forest forest{.trees = {}, .impurity = std::vector<double>(n_features_, 0)};
    for (int i = 0; i < n_trees; ++i) {
        RandomStream random(seed, RandomUse::forest,
                            stream_id({stream, static_cast<std::uint64_t>(i)}));
        std::vector<int> times(targets_.size(), 0);
        for (std::size_t draw = 0; draw < draws; ++draw)
            ++times[static_cast<std::size_t>(samples[random.below(samples.size())])];
        Grower grower(drawn(times), n_features_, random);
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
