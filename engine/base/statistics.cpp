// A quantile as NumPy has it, and Boost's correlation with what it leaves undefined.
#include "manygpcm/engine/statistics.h"

// Before Boost, whose bivariate_statistics.hpp (1.74) lacks it.
// clang-format off
#include <cmath>
// clang-format on

#include <algorithm>
#include <boost/math/statistics/bivariate_statistics.hpp>
#include <boost/math/statistics/univariate_statistics.hpp>
#include <limits>

namespace manygpcm {

double quantile(std::vector<double> values, double q) {
    std::ranges::sort(values);
    const double position = q * static_cast<double>(values.size() - 1);
    const auto below = static_cast<std::size_t>(position);
    const std::size_t above = std::min(below + 1, values.size() - 1);
    return std::lerp(values[below], values[above], position - static_cast<double>(below));
}

double pearson(const std::vector<double>& x, const std::vector<double>& y) {
    using namespace boost::math::statistics;
    // What doesn't vary has no correlation, where Boost says 0 or 1.
    if (x.size() < 2 || variance(x) == 0 || variance(y) == 0)
        return std::numeric_limits<double>::quiet_NaN();
    return correlation_coefficient(x, y);
}

Likeness likeness(const std::vector<double>& x, const std::vector<double>& y) {
    constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
    Likeness found{pearson(x, y), unknown, unknown, unknown, unknown};
    const auto n = static_cast<double>(x.size());
    if (x.empty()) return found;
    double squares = 0;
    found.bias = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
        found.bias += (y[i] - x[i]) / n;
        squares += (y[i] - x[i]) * (y[i] - x[i]);
    }
    found.rmsd = std::sqrt(squares / n);
    if (!std::isfinite(found.r)) return found;
    using boost::math::statistics::variance;
    found.slope = found.r * std::sqrt(variance(y) / variance(x));
    if (n > 2)
        found.slope_error =
            std::sqrt(std::max(0.0, 1 - found.r * found.r) * variance(y) / variance(x) / (n - 2));
    return found;
}

}  // namespace manygpcm
