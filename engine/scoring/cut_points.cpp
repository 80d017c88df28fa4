// Cut points of the expected category, and what they decide.
#include "manygpcm/engine/cut_points.h"

#include <algorithm>

#include "manygpcm/engine/metrics.h"

namespace manygpcm {
namespace {

constexpr int bins_per_category = 1000;
constexpr std::size_t sums_per_bin = 3;

/// Sums of the responses below each edge of the bins that expected categories fall into. Weights
/// are squares of differences, so that these three tell a kappa, whatever the cut points.
class ExpectedCategories {
  public:
    /// @param in_bins  [bins x 3] the three of each
    ExpectedCategories(std::span<const double> in_bins, int n_categories)
        : last_(n_categories - 1), below_(static_cast<std::size_t>(last_edge()) + 1) {
        for (std::size_t bin = 0; bin + 1 < below_.size(); ++bin) {
            const double* sums = &in_bins[bin * sums_per_bin];
            below_[bin + 1] = below_[bin];
            below_[bin + 1] += {sums[0], sums[1], sums[2]};
        }
    }

    int last_edge() const { return last_ * bins_per_category; }

    /// @param edges K - 1, ascending
    double kappa(const std::vector<int>& edges) const {
        const Sums all = below_.back();
        double observed = 0, by_chance = 0;
        for (int decided = 0; decided <= last_; ++decided) {
            const int from = decided == 0 ? 0 : edges[static_cast<std::size_t>(decided) - 1];
            const int to =
                decided == last_ ? last_edge() : edges[static_cast<std::size_t>(decided)];
            Sums here = below_[static_cast<std::size_t>(to)];
            here -= below_[static_cast<std::size_t>(from)];
            observed += here.squares_from(decided);
            by_chance += here.n * all.squares_from(decided);
        }
        return by_chance > 0 ? 1 - observed * all.n / by_chance : 0;
    }

  private:
    struct Sums {
        double n = 0, responses = 0, squares = 0;
        Sums& operator+=(const Sums& other) {
            n += other.n;
            responses += other.responses;
            squares += other.squares;
            return *this;
        }
        Sums& operator-=(const Sums& other) {
            return *this += {-other.n, -other.responses, -other.squares};
        }
        /// Sum of the squared differences to a category.
        double squares_from(double category) const {
            return squares - 2 * category * responses + category * category * n;
        }
    };

    int last_;  // category
    std::vector<Sums> below_;
};

}  // namespace

CutPointFit::CutPointFit(int n_categories)
    : n_categories_(n_categories),
      in_bins_(static_cast<std::size_t>((n_categories - 1) * bins_per_category) * sums_per_bin) {}

void CutPointFit::add(std::span<const float> probabilities,
                      std::span<const std::int32_t> responses) {
    const auto width = static_cast<std::size_t>(n_categories_);
    for (std::size_t i = 0; i < responses.size(); ++i) {
        const double x = expected_category(probabilities.subspan(i * width, width));
        const int last_bin = (n_categories_ - 1) * bins_per_category - 1;
        // Of a model that diverged it isn't a number.
        const int bin = x < n_categories_ - 1
                            ? std::clamp(static_cast<int>(x * bins_per_category), 0, last_bin)
                            : last_bin;
        double* sums = &in_bins_[static_cast<std::size_t>(bin) * sums_per_bin];
        const double response = responses[i];
        sums[0] += 1;
        sums[1] += response;
        sums[2] += response * response;
    }
}

std::vector<double> CutPointFit::cut_points() const {
    const int n_categories = n_categories_;
    const ExpectedCategories steps(in_bins_, n_categories);
    std::vector<int> edges;
    for (int k = 1; k < n_categories; ++k)
        edges.push_back(k * bins_per_category - bins_per_category / 2);
    constexpr double least_gain = 1e-9;  // above what rounding does, so that it ends
    double best = steps.kappa(edges);
    for (double before = best - 1; best > before;) {
        before = best;
        for (std::size_t j = 0; j < edges.size(); ++j) {
            const int low = j == 0 ? 0 : edges[j - 1];
            const int high = j + 1 == edges.size() ? steps.last_edge() : edges[j + 1];
            std::vector<int> moved = edges;
            for (moved[j] = low; moved[j] <= high; ++moved[j])
                if (const double kappa = steps.kappa(moved); kappa > best + least_gain) {
                    best = kappa;
                    edges = moved;
                }
        }
    }
    std::vector<double> cut_points;
    for (const int edge : edges)
        cut_points.push_back(static_cast<double>(edge) / bins_per_category);
    return cut_points;
}

int decide(std::span<const float> probabilities, std::span<const double> cut_points) {
    const auto above = std::ranges::upper_bound(cut_points, expected_category(probabilities));
    return static_cast<int>(above - cut_points.begin());
}

}  // namespace manygpcm
