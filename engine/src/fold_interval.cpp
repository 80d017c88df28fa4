// The corrected resampled t-test, turned into an interval.
#include "manygpcm/engine/fold_interval.h"

#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <numeric>

namespace manygpcm {

std::optional<Interval> fold_interval(std::span<const double> differences) {
    if (differences.size() < 2) return std::nullopt;
    const auto k = static_cast<double>(differences.size());
    const double mean = std::accumulate(differences.begin(), differences.end(), 0.0) / k;
    double squares = 0;
    for (const double difference : differences)
        squares += (difference - mean) * (difference - mean);
    const double variance = (1 / k + 1 / (k - 1)) * squares / (k - 1);
    const double half =
        boost::math::quantile(boost::math::students_t(k - 1), 0.975) * std::sqrt(variance);
    return Interval{mean - half, mean + half};
}

}  // namespace manygpcm
