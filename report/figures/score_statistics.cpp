// What the trials' scores say by themselves: summary, convergence, efficiency.
#include "figures/score_statistics.h"

#include <algorithm>
#include <boost/math/statistics/univariate_statistics.hpp>
#include <cmath>
#include <iterator>
#include <vector>

#include "manygpcm/engine/statistics.h"

namespace manygpcm::report {
namespace {

using boost::math::statistics::sample_variance;
using boost::math::statistics::variance;

// The higher, the better.
std::vector<double> oriented(std::span<const double> scores, bool minimize) {
    std::vector<double> result(scores.begin(), scores.end());
    if (minimize)
        for (double& score : result)
            score = -score;
    return result;
}

double mean(std::span<const double> values) {
    return values.empty() ? 0 : boost::math::statistics::mean(values.begin(), values.end());
}

std::vector<double> finite(std::span<const double> scores) {
    std::vector<double> found;
    std::ranges::copy_if(scores, std::back_inserter(found),
                         [](double score) { return std::isfinite(score); });
    return found;
}

// Differences of the running maximum: n-1 for n scores, none negative; NaN improves on nothing.
// @param scores the first one is finite
std::vector<double> running_best_differences(std::span<const double> scores) {
    std::vector<double> differences;
    double best = scores.empty() ? 0 : scores.front();
    for (const double score : scores.subspan(std::min<std::size_t>(1, scores.size()))) {
        differences.push_back(score > best ? score - best : 0);
        if (score > best) best = score;
    }
    return differences;
}

}  // namespace

ScoreStatistics score_statistics(std::span<const double> recorded, bool minimize) {
    const std::vector<double> scores = oriented(recorded, minimize);
    const std::vector<double> of_successful = finite(scores);
    ScoreStatistics statistics;
    statistics.total_trials = static_cast<int>(scores.size());
    statistics.successful_trials = static_cast<int>(of_successful.size());
    if (of_successful.empty()) return statistics;

    const auto [lowest, highest] = std::minmax_element(of_successful.begin(), of_successful.end());
    statistics.best = *highest;
    statistics.best_trial =
        1 + static_cast<int>(std::find(scores.begin(), scores.end(), *highest) - scores.begin());
    statistics.mean = mean(of_successful);
    statistics.range = *highest - *lowest;
    if (statistics.range > 0) {
        // Shares of the range, for squares of the smallest scores would all be 0.
        std::vector<double> shares;
        for (const double score : of_successful)
            shares.push_back((score - *lowest) / statistics.range);
        statistics.exploration_ratio = std::sqrt(variance(shares));
        statistics.standard_deviation = statistics.range * std::sqrt(sample_variance(shares));
    }
    std::vector<double> gains = running_best_differences(of_successful);
    std::erase(gains, 0.0);
    statistics.improvement_rate = mean(gains);
    statistics.percentile_95 = quantile(of_successful, 0.95);
    if (minimize)
        for (double* score : {&statistics.best, &statistics.mean, &statistics.percentile_95})
            *score = -*score;
    return statistics;
}

Convergence convergence(std::span<const double> recorded, bool minimize, double threshold) {
    const std::vector<double> scores = oriented(recorded, minimize);
    Convergence result;
    result.threshold = threshold;
    const std::vector<double> of_successful = finite(scores);
    if (of_successful.empty()) return result;
    const auto first_successful =
        static_cast<std::size_t>(std::ranges::find(scores, of_successful.front()) - scores.begin());
    const std::vector<double> differences =
        running_best_differences(std::span(scores).subspan(first_successful));
    std::size_t converged = differences.empty() ? 0 : differences.size() - 1;
    for (std::size_t i = 0; i < differences.size(); ++i) {
        const auto first = differences.begin() + static_cast<std::ptrdiff_t>(i);
        const auto last =
            first + std::min<std::ptrdiff_t>(convergence_window, differences.end() - first);
        if (std::all_of(first, last, [&](double d) { return d < threshold; })) {
            converged = i;
            result.settled = true;
            break;
        }
    }
    result.trial = static_cast<int>(first_successful + converged) + 1;
    result.final_best = std::ranges::max(of_successful) * (minimize ? -1 : 1);
    result.improvement_rate = mean(differences);
    result.efficiency = result.trial / static_cast<double>(scores.size());
    return result;
}

}  // namespace manygpcm::report
