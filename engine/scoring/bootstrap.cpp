// Sums by learner, added up as often as the learner is drawn.
#include "manygpcm/engine/bootstrap.h"

#include <functional>
#include <limits>
#include <utility>

#include "manygpcm/engine/random.h"
#include "manygpcm/engine/statistics.h"
#include "scoring/metric_sums.h"
#include "scoring/ranking.h"
#include "scoring/scored_steps.h"

namespace manygpcm {
namespace {

Interval middle_95_percent(const std::vector<double>& values) {
    return {quantile(values, 0.025), quantile(values, 0.975)};
}

}  // namespace

Intervals ResampledMetrics::intervals() const {
    Intervals intervals;
    for (const auto& [name, of_metric] : values_)
        intervals[name] = middle_95_percent(of_metric);
    return intervals;
}

Intervals ResampledMetrics::intervals_above(const ResampledMetrics& other) const {
    Intervals intervals;
    for (const auto& [name, of_metric] : values_) {
        std::vector<double> above = of_metric;
        const std::vector<double>& subtracted = other.values_.at(name);
        for (std::size_t i = 0; i < above.size(); ++i)
            above[i] -= subtracted[i];
        intervals[name] = middle_95_percent(above);
    }
    return intervals;
}

struct ScoredLearners::Sums {
    explicit Sums(int n_categories_) : n_categories(n_categories_) {}

    int n_categories;
    std::vector<MetricSums> of_learner;
    Ranking ranking;  // of two categories

    /// @param times [learners] how often each of them counts
    Metrics metrics(std::span<const int> times) const {
        MetricSums total(n_categories);
        for (std::size_t i = 0; i < of_learner.size(); ++i)
            if (times[i] > 0) total.add(of_learner[i], times[i]);
        return ScoredSteps(total, n_categories == 2 ? ranking.area(times)
                                                    : std::numeric_limits<double>::quiet_NaN())
            .metrics();
    }
};

ScoredLearners::ScoredLearners(int n_categories) : sums_(std::make_unique<Sums>(n_categories)) {}
ScoredLearners::ScoredLearners(ScoredLearners&&) noexcept = default;
ScoredLearners& ScoredLearners::operator=(ScoredLearners&&) noexcept = default;
ScoredLearners::~ScoredLearners() = default;

void ScoredLearners::add(std::span<const float> probabilities,
                         std::span<const std::int32_t> responses,
                         std::span<const std::int32_t> offsets) {
    const auto width = static_cast<std::size_t>(sums_->n_categories);
    for (std::size_t learner = 0; learner + 1 < offsets.size(); ++learner) {
        const auto number = static_cast<std::int32_t>(sums_->of_learner.size());
        MetricSums& sums = sums_->of_learner.emplace_back(sums_->n_categories);
        for (auto i = static_cast<std::size_t>(offsets[learner]);
             i < static_cast<std::size_t>(offsets[learner + 1]); ++i) {
            sums.add(probabilities.subspan(i * width, width), responses[i]);
            if (width == 2) sums_->ranking.add(probabilities[2 * i + 1], responses[i] == 1, number);
        }
    }
}

ResampledMetrics ScoredLearners::resampled(int draws, std::uint64_t seed, StopFlag stop,
                                           const WorkObserver& observer) {
    sums_->ranking.sort();
    const std::size_t n = sums_->of_learner.size();
    ResampledMetrics result;
    for (int draw = 0; draw < draws; ++draw) {
        throw_if_set(stop);
        if (observer) observer(static_cast<double>(draw) / draws);
        RandomStream random(seed, RandomUse::bootstrap, static_cast<std::uint64_t>(draw));
        std::vector<int> times(n);
        for (std::size_t i = 0; i < n; ++i)
            ++times[random.below(n)];
        for (const auto& [name, value] : sums_->metrics(times).scalars())
            result.values_[name].push_back(value);
    }
    return result;
}

}  // namespace manygpcm
