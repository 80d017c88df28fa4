// The corrected resampled t-test, turned into an interval.
#include "manygpcm/engine/fold_interval.h"

#include <boost/math/distributions/students_t.hpp>
#include <boost/math/statistics/univariate_statistics.hpp>
#include <cmath>

namespace manygpcm {

std::optional<Interval> fold_interval(std::span<const double> differences) {
    if (differences.size() < 2) return std::nullopt;
    const auto k = static_cast<double>(differences.size());
    const auto [mean, sample_variance] =
        boost::math::statistics::mean_and_sample_variance(differences.begin(), differences.end());
    const double variance = (1 / k + 1 / (k - 1)) * sample_variance;
    // In double alone: long double, Boost's default, would be compiled beside it.
    using Policy = boost::math::policies::policy<boost::math::policies::promote_double<false>>;
    const boost::math::students_t_distribution<double, Policy> students_t(k - 1);
    const double half = boost::math::quantile(students_t, 0.975) * std::sqrt(variance);
    return Interval{mean - half, mean + half};
}

}  // namespace manygpcm
