// Densities live on a grid: counts of the trials at its points, smoothed.
#include "importance/ped_anova.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <map>
#include <numeric>
#include <utility>

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

int grid_of(const Coordinate& coordinate) {
    return coordinate.levels > 0 ? coordinate.levels : grid_points;
}

// [grid point] how many of the chosen trials lie there.
std::vector<double> counts_of(const Coordinate& coordinate, std::span<const int> trials) {
    const int n = grid_of(coordinate);
    std::vector<double> counts(static_cast<std::size_t>(n), 0);
    for (const int trial : trials) {
        const double u = coordinate.values[static_cast<std::size_t>(trial)];
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

// A normal density of some width about a grid point, truncated to the grid, as a histogram.
class Kernel {
  public:
    Kernel(double width, std::size_t points) : cdf_(2 * points) {
        for (std::size_t i = 0; i < points; ++i) {
            const double from_center = static_cast<double>(points - i) - 0.5;
            cdf_[i] = normal_cdf(-from_center / width);
            cdf_[2 * points - 1 - i] = 1 - cdf_[i];
        }
    }

    void add(std::vector<double>& density, std::size_t center, double weight) const {
        // Up to the edges of the cells, the first one's lower edge to the last one's upper.
        const auto below = std::span(cdf_).subspan(density.size() - 1 - center);
        const double height = weight / (below[density.size()] - below[0]);
        for (std::size_t i = 0; i < density.size(); ++i)
            density[i] += height * (below[i + 1] - below[i]);
    }

  private:
    std::vector<double> cdf_;  // at the edges of cells on both sides of the centre
};

// One as wide as the grid about its middle: of a trial of which nothing is known.
std::vector<double> unknown_density(int points, bool ordered) {
    if (!ordered) return std::vector<double>(static_cast<std::size_t>(points), 1.0 / points);
    const auto below = [&](int edge) { return normal_cdf((edge - 0.5 * points) / points); };
    std::vector<double> density;
    for (int i = 0; i < points; ++i)
        density.push_back((below(i + 1) - below(i)) / (below(points) - below(0)));
    return density;
}

// [grid point] sums to 1. One trial more, of which nothing is known, keeps it from 0.
std::vector<double> density_of(const Coordinate& coordinate, std::span<const int> trials,
                               const std::vector<double>& unknown) {
    const std::vector<double> counts = counts_of(coordinate, trials);
    const double share = 1 / (static_cast<double>(trials.size()) + 1);
    std::vector<double> density(counts.size());
    for (std::size_t i = 0; i < counts.size(); ++i)
        density[i] = share * unknown[i];
    if (!coordinate.ordered) {
        for (std::size_t i = 0; i < counts.size(); ++i)
            density[i] += share * counts[i];
        return density;
    }
    const Kernel kernel(kernel_width(counts), counts.size());
    for (std::size_t i = 0; i < counts.size(); ++i)
        if (counts[i] > 0) kernel.add(density, i, share * counts[i]);
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

std::vector<int> best_of(std::span<const double> scores, std::span<const int> trials) {
    const auto score = [&](int trial) { return scores[static_cast<std::size_t>(trial)]; };
    std::vector<double> sorted;
    for (const int trial : trials)
        sorted.push_back(score(trial));
    const auto wanted =
        static_cast<std::size_t>(std::ceil(top_share * static_cast<double>(sorted.size())));
    const auto last =
        sorted.begin() +
        static_cast<std::ptrdiff_t>(std::min(sorted.size(), std::max(wanted, fewest_top)) - 1);
    std::ranges::nth_element(sorted, last, std::greater());
    std::vector<int> best;
    for (const int trial : trials)
        if (score(trial) >= *last) best.push_back(trial);
    return best;
}

}  // namespace

std::vector<double> ped_anova(std::span<const Coordinate> coordinates,
                              std::span<const double> scores, std::span<const int> trials) {
    std::vector<double> shares(coordinates.size(), 0);
    if (trials.empty()) return shares;
    const std::vector<int> top = best_of(scores, trials);
    std::map<std::pair<int, bool>, std::vector<double>> unknown;  // by grid and order
    for (std::size_t i = 0; i < coordinates.size(); ++i) {
        const Coordinate& one = coordinates[i];
        std::vector<double>& density = unknown[{grid_of(one), one.ordered}];
        if (density.empty()) density = unknown_density(grid_of(one), one.ordered);
        shares[i] =
            pearson_divergence(density_of(one, top, density), density_of(one, trials, density));
    }
    const double total = std::accumulate(shares.begin(), shares.end(), 0.0);
    if (total > 0)
        for (double& share : shares)
            share /= total;
    return shares;
}

}  // namespace manygpcm::report
