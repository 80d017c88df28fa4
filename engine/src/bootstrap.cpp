// Percentile bootstrap over learners (Efron 1979): whole learners are drawn again, for their steps
// depend on each other.
#include <algorithm>
#include <cmath>

#include "manygpcm/engine/metrics.h"
#include "manygpcm/engine/random.h"
#include "metric_sums.h"

namespace manygpcm {
namespace {

/// The q-quantile of sorted values, linear between the two nearest.
double quantile(std::span<const double> sorted, double q) {
    const double position = q * static_cast<double>(sorted.size() - 1);
    const auto below = static_cast<std::size_t>(position);
    const std::size_t above = std::min(below + 1, sorted.size() - 1);
    return std::lerp(sorted[below], sorted[above], position - static_cast<double>(below));
}

std::vector<MetricSums> sums_by_learner(std::span<const float> probabilities,
                                        std::span<const std::int32_t> responses, int n_categories,
                                        std::span<const std::int32_t> offsets) {
    const auto width = static_cast<std::size_t>(n_categories);
    std::vector<MetricSums> learners;
    for (std::size_t learner = 0; learner + 1 < offsets.size(); ++learner) {
        MetricSums& sums = learners.emplace_back(n_categories);
        for (auto i = static_cast<std::size_t>(offsets[learner]);
             i < static_cast<std::size_t>(offsets[learner + 1]); ++i)
            sums.add(probabilities.subspan(i * width, width), responses[i]);
    }
    return learners;
}

}  // namespace

std::vector<Interval> bootstrap_intervals(std::span<const float> probabilities,
                                          std::span<const std::int32_t> responses, int n_categories,
                                          std::span<const std::int32_t> offsets, int resamples,
                                          std::uint64_t seed) {
    const std::vector<MetricSums> learners =
        sums_by_learner(probabilities, responses, n_categories, offsets);
    std::vector<std::vector<double>> values(Metrics{}.scalars().size());
    for (int resample = 0; resample < resamples; ++resample) {
        RandomStream random(seed, RandomUse::bootstrap, static_cast<std::uint64_t>(resample));
        std::vector<int> times(learners.size());
        for (std::size_t i = 0; i < learners.size(); ++i)
            ++times[random.below(learners.size())];
        MetricSums total(n_categories);
        for (std::size_t i = 0; i < learners.size(); ++i)
            if (times[i] > 0) total.add(learners[i], times[i]);
        const auto scalars = total.metrics().scalars();
        for (std::size_t metric = 0; metric < values.size(); ++metric)
            values[metric].push_back(scalars[metric].second);
    }
    std::vector<Interval> intervals(values.size());
    if (resamples < 1) return intervals;
    for (std::size_t metric = 0; metric < values.size(); ++metric) {
        std::ranges::sort(values[metric]);
        intervals[metric] = {quantile(values[metric], 0.025), quantile(values[metric], 0.975)};
    }
    return intervals;
}

}  // namespace manygpcm
