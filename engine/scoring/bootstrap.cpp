// Percentile bootstrap over learners (Efron 1979): whole learners are drawn again, for their steps
// depend on each other.
#include "manygpcm/engine/metrics.h"
#include "manygpcm/engine/random.h"
#include "manygpcm/engine/statistics.h"
#include "scoring/metric_sums.h"

namespace manygpcm {
namespace {

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

// [metric][resample], of learners drawn by seed and resample alone: predictors of the same learners
// are scored on the same draws.
std::vector<std::vector<double>> resampled(const std::vector<MetricSums>& learners,
                                           int n_categories, int resamples, std::uint64_t seed,
                                           StopFlag stop) {
    std::vector<std::vector<double>> values(Metrics{}.scalars().size());
    for (int resample = 0; resample < resamples; ++resample) {
        throw_if_set(stop);
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
    return values;
}

std::vector<Interval> middle_95_percent(const std::vector<std::vector<double>>& values) {
    std::vector<Interval> intervals;
    for (const std::vector<double>& of_metric : values)
        intervals.push_back(of_metric.empty()
                                ? Interval{}
                                : Interval{quantile(of_metric, 0.025), quantile(of_metric, 0.975)});
    return intervals;
}

}  // namespace

std::vector<Interval> bootstrap_intervals(std::span<const float> probabilities,
                                          std::span<const std::int32_t> responses, int n_categories,
                                          std::span<const std::int32_t> offsets, int resamples,
                                          std::uint64_t seed, StopFlag stop) {
    return middle_95_percent(
        resampled(sums_by_learner(probabilities, responses, n_categories, offsets), n_categories,
                  resamples, seed, stop));
}

std::vector<Interval> bootstrap_differences(std::span<const float> first,
                                            std::span<const float> second,
                                            std::span<const std::int32_t> responses,
                                            int n_categories, std::span<const std::int32_t> offsets,
                                            int resamples, std::uint64_t seed, StopFlag stop) {
    const auto values_of = [&](std::span<const float> probabilities) {
        return resampled(sums_by_learner(probabilities, responses, n_categories, offsets),
                         n_categories, resamples, seed, stop);
    };
    auto differences = values_of(first);
    const auto subtracted = values_of(second);
    for (std::size_t metric = 0; metric < differences.size(); ++metric)
        for (std::size_t i = 0; i < differences[metric].size(); ++i)
            differences[metric][i] -= subtracted[metric][i];
    return middle_95_percent(differences);
}

}  // namespace manygpcm
