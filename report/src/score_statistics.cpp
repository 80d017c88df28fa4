// What the trials' scores say by themselves: summary, convergence, efficiency.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "manygpcm/report/analysis.h"

namespace manygpcm {
namespace {

constexpr double convergence_threshold = 0.01;
constexpr std::size_t convergence_window = 5;

double mean(std::span<const double> values) {
    if (values.empty()) return 0;
    return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

double sum_of_squares(std::span<const double> values) {
    const double center = mean(values);
    double sum = 0;
    for (const double value : values)
        sum += (value - center) * (value - center);
    return sum;
}

// Differences of the running maximum: n-1 for n scores, none negative.
std::vector<double> running_best_differences(std::span<const double> scores) {
    std::vector<double> differences;
    double best = scores.empty() ? 0 : scores.front();
    for (const double score : scores.subspan(std::min<std::size_t>(1, scores.size()))) {
        differences.push_back(std::max(0.0, score - best));
        best = std::max(best, score);
    }
    return differences;
}

// Linear interpolation between the order statistics; `fraction` in 0..1.
double quantile(std::vector<double> values, double fraction) {
    std::sort(values.begin(), values.end());
    const double position = fraction * static_cast<double>(values.size() - 1);
    const auto below = static_cast<std::size_t>(position);
    const std::size_t above = std::min(below + 1, values.size() - 1);
    return values[below] +
           (position - static_cast<double>(below)) * (values[above] - values[below]);
}

}  // namespace

ScoreStatistics score_statistics(std::span<const double> scores) {
    std::vector<double> finite;
    std::copy_if(scores.begin(), scores.end(), std::back_inserter(finite),
                 [](double score) { return std::isfinite(score); });

    ScoreStatistics statistics;
    statistics.total_trials = static_cast<int>(scores.size());
    statistics.successful_trials = static_cast<int>(finite.size());
    if (finite.empty()) return statistics;

    const auto n = static_cast<double>(finite.size());
    const auto [lowest, highest] = std::minmax_element(finite.begin(), finite.end());
    const double squares = sum_of_squares(finite);
    statistics.best = *highest;
    statistics.best_trial =
        1 + static_cast<int>(std::find(scores.begin(), scores.end(), *highest) - scores.begin());
    statistics.mean = mean(finite);
    statistics.standard_deviation = finite.size() > 1 ? std::sqrt(squares / (n - 1)) : 0;
    statistics.range = *highest - *lowest;
    statistics.exploration_ratio =
        statistics.range > 0 ? std::sqrt(squares / n) / statistics.range : 0;
    std::vector<double> gains = running_best_differences(finite);
    std::erase(gains, 0.0);
    statistics.improvement_rate = mean(gains);
    statistics.percentile_95 = quantile(finite, 0.95);
    return statistics;
}

Convergence convergence(std::span<const double> scores) {
    Convergence result;
    if (scores.empty()) return result;
    const std::vector<double> differences = running_best_differences(scores);
    result.trial = static_cast<int>(differences.size());
    for (std::size_t i = 0; i < differences.size(); ++i) {
        const auto first = differences.begin() + static_cast<std::ptrdiff_t>(i);
        const auto last = differences.begin() + static_cast<std::ptrdiff_t>(std::min(
                                                    i + convergence_window, differences.size()));
        if (std::all_of(first, last, [](double d) { return d < convergence_threshold; })) {
            result.trial = static_cast<int>(i) + 1;
            break;
        }
    }
    result.final_best = *std::max_element(scores.begin(), scores.end());
    result.improvement_rate = mean(differences);
    result.efficiency = result.trial / static_cast<double>(scores.size());
    return result;
}

}  // namespace manygpcm
