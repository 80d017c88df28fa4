// Densities live on a grid: counts of the trials at its points, smoothed.
#include "importance/ped_anova.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <numeric>

namespace manygpcm::report {
namespace {

constexpr int grid_points = 50;
constexpr std::size_t fewest_top = 2;
// A kernel of this width, in steps of the grid, has 90% of its mass at its own point.
constexpr double least_width = 0.5 / 1.64;
constexpr double tiny = 1e-12;

double normal_cdf(double x) {
    return 0.5 * std::erfc(-x / std::sqrt(2.0));
}

// [grid point] how many of the chosen trials lie there.
std::vector<double> counts_of(const Coordinate& coordinate, std::span<const std::size_t> trials) {
    const int n = coordinate.levels > 0 ? coordinate.levels : grid_points;
    std::vector<double> counts(static_cast<std::size_t>(n), 0);
    for (const std::size_t trial : trials) {
        const double u = coordinate.values[trial];
        const double place =
            coordinate.levels > 0 ? std::floor(u * n) : std::ceil(u * (n - 1) - 0.5);
        ++counts[static_cast<std::size_t>(std::clamp(place, 0.0, n - 1.0))];
    }
    return counts;
}

// Scott's rule on counts, in steps of the grid.
double kernel_width(const std::vector<double>& counts) {
    const double n = std::accumulate(counts.begin(), counts.end(), 0.0);
    double mean = 0, squares = 0;
    for (std::size_t i = 0; i < counts.size(); ++i)
        mean += static_cast<double>(i) * counts[i] / n;
    for (std::size_t i = 0; i < counts.size(); ++i)
        squares += counts[i] * std::pow(static_cast<double>(i) - mean, 2);
    const double deviation = std::sqrt(squares / std::max(1.0, n - 1));

    // The quartiles: the first points with a quarter of the trials up to them, and with more than
    // three.
    double up_to = 0, lower = -1, upper = -1;
    for (std::size_t i = 0; i < counts.size(); ++i) {
        if (counts[i] == 0) continue;
        up_to += counts[i];
        if (lower < 0 && up_to >= std::floor(n / 4)) lower = static_cast<double>(i);
        if (upper < 0 && up_to > std::floor(3 * n / 4)) upper = static_cast<double>(i);
    }
    const double spread = std::min((upper - lower) / 1.34, deviation);
    return std::max(1.059 * spread * std::pow(n, -0.2), least_width);
}

// A normal density of this width about a grid point, or half-way between two, as a histogram.
class Kernel {
  public:
    Kernel(double width, std::size_t points) : points_(points) {
        // Edges of the grid's cells lie whole steps from half a step beside the centre.
        for (std::size_t i = 0; i < 4 * points + 3; ++i)
            cdf_.push_back(normal_cdf((static_cast<double>(i) / 2 - origin()) / width));
    }

    // Adds weight x the density, truncated to the grid.
    void add(std::vector<double>& density, double center, double weight) const {
        const double whole =
            below(static_cast<double>(points_) - 0.5 - center) - below(-0.5 - center);
        for (std::size_t i = 0; i < density.size(); ++i) {
            const double at = static_cast<double>(i) - center;
            density[i] += weight * (below(at + 0.5) - below(at - 0.5)) / whole;
        }
    }

  private:
    double origin() const { return static_cast<double>(points_) + 0.5; }
    double below(double distance) const {
        return cdf_[static_cast<std::size_t>(2 * (distance + origin()))];
    }

    std::size_t points_;
    std::vector<double> cdf_;  // at every half step from the centre
};

// [grid point] sums to 1. One trial more, of which nothing is known, keeps it from 0.
std::vector<double> density_of(const Coordinate& coordinate, std::span<const std::size_t> trials) {
    const std::vector<double> counts = counts_of(coordinate, trials);
    const auto points = static_cast<double>(counts.size());
    const double share = 1 / (static_cast<double>(trials.size()) + 1);
    std::vector<double> density(counts.size(), 0);
    if (!coordinate.ordered) {
        for (std::size_t i = 0; i < counts.size(); ++i)
            density[i] = share * (counts[i] + 1 / points);
        return density;
    }
    const Kernel kernel(kernel_width(counts), counts.size());
    for (std::size_t i = 0; i < counts.size(); ++i)
        if (counts[i] > 0) kernel.add(density, static_cast<double>(i), share * counts[i]);
    Kernel(points, counts.size()).add(density, (points - 1) / 2, share);
    return density;
}

double pearson_divergence(const std::vector<double>& top, const std::vector<double>& all) {
    double sum = 0;
    for (std::size_t i = 0; i < all.size(); ++i) {
        const double p = top[i] + tiny, q = all[i] + tiny;
        sum += q * (p / q - 1) * (p / q - 1);
    }
    return sum;
}

std::vector<std::size_t> best_of(std::span<const double> scores) {
    std::vector<double> sorted(scores.begin(), scores.end());
    std::ranges::sort(sorted, std::greater());
    const auto wanted =
        static_cast<std::size_t>(std::ceil(top_share * static_cast<double>(sorted.size())));
    const double last = sorted[std::min(sorted.size(), std::max(wanted, fewest_top)) - 1];
    std::vector<std::size_t> best;
    for (std::size_t i = 0; i < scores.size(); ++i)
        if (scores[i] >= last) best.push_back(i);
    return best;
}

}  // namespace

std::vector<double> ped_anova(std::span<const Coordinate> coordinates,
                              std::span<const double> scores) {
    std::vector<double> shares(coordinates.size(), 0);
    if (scores.empty()) return shares;
    std::vector<std::size_t> all(scores.size());
    std::iota(all.begin(), all.end(), std::size_t{0});
    const std::vector<std::size_t> top = best_of(scores);
    for (std::size_t i = 0; i < coordinates.size(); ++i)
        shares[i] =
            pearson_divergence(density_of(coordinates[i], top), density_of(coordinates[i], all));
    const double total = std::accumulate(shares.begin(), shares.end(), 0.0);
    if (total > 0)
        for (double& share : shares)
            share /= total;
    return shares;
}

}  // namespace manygpcm::report
