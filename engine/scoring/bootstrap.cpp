// Percentile bootstrap over learners (Efron 1979): whole learners are drawn again, for their steps
// depend on each other.
#include <limits>
#include <optional>

#include "manygpcm/engine/metrics.h"
#include "manygpcm/engine/random.h"
#include "manygpcm/engine/statistics.h"
#include "scoring/metric_sums.h"
#include "scoring/ranking.h"
#include "scoring/scored_steps.h"

namespace manygpcm {
namespace {

/// Predicted steps by learner, to be scored in any multiplicity.
class ScoredLearners {
  public:
    ScoredLearners(std::span<const float> probabilities, std::span<const std::int32_t> responses,
                   int n_categories, std::span<const std::int32_t> offsets)
        : n_categories_(n_categories) {
        const auto width = static_cast<std::size_t>(n_categories);
        for (std::size_t learner = 0; learner + 1 < offsets.size(); ++learner) {
            MetricSums& sums = learners_.emplace_back(n_categories);
            for (auto i = static_cast<std::size_t>(offsets[learner]);
                 i < static_cast<std::size_t>(offsets[learner + 1]); ++i)
                sums.add(probabilities.subspan(i * width, width), responses[i]);
        }
        if (n_categories == 2) ranking_.emplace(probabilities, responses, offsets);
    }

    std::size_t size() const { return learners_.size(); }

    /// @param times [learners] how often each of them counts
    Metrics metrics(std::span<const int> times) const {
        MetricSums total(n_categories_);
        for (std::size_t i = 0; i < learners_.size(); ++i)
            if (times[i] > 0) total.add(learners_[i], times[i]);
        return ScoredSteps(total, ranking_ ? ranking_->area(times)
                                           : std::numeric_limits<double>::quiet_NaN())
            .metrics();
    }

  private:
    int n_categories_;
    std::vector<MetricSums> learners_;
    std::optional<Ranking> ranking_;
};

using Values = std::map<std::string, std::vector<double>, std::less<>>;  // by metric, [resample]

// Of learners drawn by seed and resample alone: predictors of the same learners are scored on the
// same draws.
Values resampled(const ScoredLearners& learners, int resamples, std::uint64_t seed, StopFlag stop) {
    Values values;
    for (int resample = 0; resample < resamples; ++resample) {
        throw_if_set(stop);
        RandomStream random(seed, RandomUse::bootstrap, static_cast<std::uint64_t>(resample));
        std::vector<int> times(learners.size());
        for (std::size_t i = 0; i < learners.size(); ++i)
            ++times[random.below(learners.size())];
        for (const auto& [name, value] : learners.metrics(times).scalars())
            values[name].push_back(value);
    }
    return values;
}

Intervals middle_95_percent(const Values& values) {
    Intervals intervals;
    for (const auto& [name, of_metric] : values)
        intervals[name] = {quantile(of_metric, 0.025), quantile(of_metric, 0.975)};
    return intervals;
}

}  // namespace

Intervals bootstrap_intervals(std::span<const float> probabilities,
                              std::span<const std::int32_t> responses, int n_categories,
                              std::span<const std::int32_t> offsets, int resamples,
                              std::uint64_t seed, StopFlag stop) {
    return middle_95_percent(resampled(
        ScoredLearners(probabilities, responses, n_categories, offsets), resamples, seed, stop));
}

Intervals bootstrap_differences(std::span<const float> first, std::span<const float> second,
                                std::span<const std::int32_t> responses, int n_categories,
                                std::span<const std::int32_t> offsets, int resamples,
                                std::uint64_t seed, StopFlag stop) {
    const auto values_of = [&](std::span<const float> probabilities) {
        return resampled(ScoredLearners(probabilities, responses, n_categories, offsets), resamples,
                         seed, stop);
    };
    Values differences = values_of(first);
    const Values subtracted = values_of(second);
    for (auto& [name, of_metric] : differences)
        for (std::size_t i = 0; i < of_metric.size(); ++i)
            of_metric[i] -= subtracted.at(name)[i];
    return middle_95_percent(differences);
}

}  // namespace manygpcm
