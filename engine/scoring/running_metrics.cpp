// Adds up what metrics are made of; of two categories it keeps the probabilities, to rank them.
#include "manygpcm/engine/running_metrics.h"

#include <limits>
#include <utility>

#include "manygpcm/engine/cut_points.h"
#include "scoring/metric_sums.h"
#include "scoring/ranking.h"
#include "scoring/scored_steps.h"

namespace manygpcm {

struct RunningMetrics::Sums {
    Sums(int n_categories, std::span<const double> cut_points_)
        : metrics(n_categories), cut_points(cut_points_.begin(), cut_points_.end()) {
        if (!cut_points.empty())
            decided.resize(static_cast<std::size_t>(n_categories) *
                           static_cast<std::size_t>(n_categories));
    }

    MetricSums metrics;
    RankedOnce ranked;
    std::vector<double> cut_points;
    std::vector<std::int64_t> decided;  // [K x K] by the cut points, rows observed
};

RunningMetrics::RunningMetrics(int n_categories, std::span<const double> cut_points)
    : sums_(std::make_unique<Sums>(n_categories, cut_points)) {}

RunningMetrics::RunningMetrics(RunningMetrics&&) noexcept = default;
RunningMetrics& RunningMetrics::operator=(RunningMetrics&&) noexcept = default;
RunningMetrics::~RunningMetrics() = default;

void RunningMetrics::add(std::span<const float> probabilities,
                         std::span<const std::int32_t> responses) {
    const auto width = static_cast<std::size_t>(sums_->metrics.n_categories());
    for (std::size_t i = 0; i < responses.size(); ++i) {
        const auto row = probabilities.subspan(i * width, width);
        sums_->metrics.add(row, responses[i]);
        if (width == 2) sums_->ranked.add(row[1], responses[i] == 1);
        if (!sums_->cut_points.empty())
            ++sums_->decided[static_cast<std::size_t>(responses[i]) * width +
                             static_cast<std::size_t>(decide(row, sums_->cut_points))];
    }
}

void RunningMetrics::add_without_first(std::span<const float> probabilities,
                                       std::span<const std::int32_t> responses,
                                       std::span<const std::int32_t> offsets) {
    const auto width = static_cast<std::size_t>(sums_->metrics.n_categories());
    for (std::size_t learner = 0; learner + 1 < offsets.size(); ++learner) {
        const auto first = static_cast<std::size_t>(offsets[learner]),
                   end = static_cast<std::size_t>(offsets[learner + 1]);
        if (end < first + 2) continue;
        add(probabilities.subspan((first + 1) * width, (end - first - 1) * width),
            responses.subspan(first + 1, end - first - 1));
    }
}

Metrics RunningMetrics::metrics() {
    const double roc_area = sums_->metrics.n_categories() == 2
                                ? sums_->ranked.area()
                                : std::numeric_limits<double>::quiet_NaN();
    return ScoredSteps(sums_->metrics, roc_area).metrics();
}

double RunningMetrics::kappa_of_cut_points() const {
    if (sums_->decided.empty()) return std::numeric_limits<double>::quiet_NaN();
    return quadratic_weighted_kappa(sums_->decided, sums_->metrics.n_categories());
}

}  // namespace manygpcm
