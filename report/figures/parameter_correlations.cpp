// Pearson's and Spearman's correlation with their intervals.
#include "figures/parameter_correlations.h"

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <utility>

#include "manygpcm/engine/statistics.h"

namespace manygpcm::report {
namespace {

// Ranks from 1, equal values sharing the mean of theirs.
std::vector<double> ranks(const std::vector<double>& values) {
    std::vector<std::size_t> order(values.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::sort(order, {}, [&](std::size_t i) { return values[i]; });
    std::vector<double> result(values.size());
    for (std::size_t first = 0; first < order.size();) {
        std::size_t beyond = first;
        while (beyond < order.size() && values[order[beyond]] == values[order[first]])
            ++beyond;
        for (std::size_t i = first; i < beyond; ++i)
            result[order[i]] = static_cast<double>(first + 1 + beyond) / 2;
        first = beyond;
    }
    return result;
}

// How many have the value that most have.
int commonest(const std::vector<double>& values) {
    std::map<double, int> counts;
    int most = 0;
    for (const double value : values)
        most = std::max(most, ++counts[value]);
    return most;
}

// Normal on the scale of Fisher's z, with this variance x (n - 3).
Estimate with_interval(double r, double variance, std::size_t n) {
    const double z = std::atanh(r);  // infinite for 1, and so is then the interval's z
    const double half = 1.96 * std::sqrt(variance / (static_cast<double>(n) - 3));
    return {r, std::tanh(z - half), std::tanh(z + half)};
}

// Where all ranks agree, which a few do by chance, the interval reaches as far as that of the next
// lower correlation that ranks can have.
Estimate spearman(const std::vector<double>& x, const std::vector<double>& y) {
    constexpr std::size_t fewest_ranks = 5;  // of four 2 in 4! orders agree or are reversed
    constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
    const double rho = pearson(ranks(x), ranks(y));
    if (x.size() < fewest_ranks) return {rho, unknown, unknown};
    const auto n = static_cast<double>(x.size());
    const double next = 1 - 12 / (n * (n * n - 1));
    Estimate found = with_interval(std::clamp(rho, -next, next), 1 + rho * rho / 2, x.size());
    found.value = rho;
    if (rho > next) found.high = 1;
    if (rho < -next) found.low = -1;
    return found;
}

}  // namespace

double chance_correlation(int trials) {
    if (trials < 3) return 1;
    const double freedom = trials - 2;
    const double t = boost::math::quantile(boost::math::students_t(freedom), 0.975);
    return t / std::sqrt(freedom + t * t);
}

std::optional<Correlation> correlate(std::string name, const std::vector<double>& x,
                                     const std::vector<double>& y) {
    if (x.size() < fewest_to_correlate) return std::nullopt;
    const double r = pearson(x, y);
    if (std::isnan(r)) return std::nullopt;
    return Correlation{.name = std::move(name),
                       .trials = static_cast<int>(x.size()),
                       .pearson = with_interval(r, 1, x.size()),
                       .spearman = spearman(x, y),
                       .apart = static_cast<int>(x.size()) - commonest(x),
                       .coded_as_one = {}};
}

std::vector<Correlation> parameter_correlations(const search::Space& space,
                                                std::span<const search::Point> points,
                                                std::span<const double> scores) {
    std::vector<Correlation> correlations;
    for (const search::Parameter& parameter : space.parameters()) {
        // Two words are a yes and a no; more have no order.
        if (!parameter.ordered() && parameter.labels.size() > 2) continue;
        std::vector<double> x, y;
        for (std::size_t i = 0; i < points.size(); ++i) {
            if (!space.active(parameter, points[i])) continue;
            x.push_back(points[i].at(parameter.name));
            y.push_back(scores[i]);
        }
        auto found = correlate(parameter.name, x, y);
        if (!found) continue;
        if (!parameter.ordered()) found->coded_as_one = parameter.labels.back();
        correlations.push_back(*std::move(found));
    }
    std::ranges::stable_sort(correlations, [](const auto& a, const auto& b) {
        return std::abs(a.pearson.value) > std::abs(b.pearson.value);
    });
    return correlations;
}

}  // namespace manygpcm::report
