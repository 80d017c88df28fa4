// How well predicted distributions over ordered categories fit the responses: all metrics of
// docs/model.md.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "manygpcm/engine/stop.h"

namespace manygpcm {

/// How a distribution becomes one category: its mode, its median, or its rounded mean.
enum class Decision { argmax, median, expected };

struct CategoryScores {
    double precision = 0, recall = 0, f1 = 0;  ///< 0 where undefined
    std::int64_t count = 0;                    ///< responses in the category
};

struct Metrics {
    std::int64_t n = 0;  ///< steps
    double qwk = 0;      ///< quadratic weighted kappa of argmax, the objective
    double qwk_median = 0, qwk_expected = 0;
    // Of argmax decisions:
    double accuracy = 0, accuracy_within_one = 0;
    double mae = 0, rmse = 0;
    double kappa = 0;        ///< Cohen's, unweighted
    double kendall_tau = 0;  ///< tau-b
    double spearman = 0, pearson = 0;
    // Of the distributions themselves:
    double cross_entropy = 0;                ///< mean negative log probability, nats
    double expected_calibration_error = 0;   ///< of the top category's probability, 10 equal bins
    std::vector<std::int64_t> confusion;     ///< [K x K], rows observed, columns predicted (argmax)
    std::vector<CategoryScores> categories;  ///< [K]

    /// The scalar metrics by name, in the order above: for tables, files and intervals.
    std::vector<std::pair<std::string, double>> scalars() const;
    /// Where each of them is kept.
    static std::span<const std::pair<const char*, double Metrics::*>> scalar_members();
};

/// `n` and the scalar metrics, by name.
nlohmann::json scalars_to_json(const Metrics& metrics);

/// The same with `confusion`, a list of rows (observed) of columns (predicted), and `categories`.
nlohmann::json to_json(const Metrics& metrics);

/// @param probabilities [n x K], rows sum to 1
/// @param responses [n], 0..K-1
/// A metric that is undefined (no variance, no steps) is 0, never NaN.
Metrics compute_metrics(std::span<const float> probabilities,
                        std::span<const std::int32_t> responses, int n_categories);

/// Quadratic weighted kappa (Cohen 1968) of a [K x K] confusion matrix of counts; 0 where
/// undefined.
double quadratic_weighted_kappa(std::span<const std::int64_t> confusion, int n_categories);

/// The category that `decision` makes of one distribution of K probabilities.
int decide(std::span<const float> probabilities, Decision decision);

struct Interval {
    double low = 0, high = 0;
};

/// 95% percentile bootstrap intervals over learners (resampled whole), for every entry of
/// Metrics::scalars().
/// @param offsets [n_learners + 1] steps of learner i are offsets[i]..offsets[i+1]-1
/// @throws Interrupted where `stop` is set
std::vector<Interval> bootstrap_intervals(std::span<const float> probabilities,
                                          std::span<const std::int32_t> responses, int n_categories,
                                          std::span<const std::int32_t> offsets, int resamples,
                                          std::uint64_t seed, StopFlag stop = nullptr);

/// The same of what `first`'s metrics are above `second`'s: two predictors of the same responses,
/// both scored on every resample, so that what makes learners easy or hard for both cancels out.
std::vector<Interval> bootstrap_differences(std::span<const float> first,
                                            std::span<const float> second,
                                            std::span<const std::int32_t> responses,
                                            int n_categories, std::span<const std::int32_t> offsets,
                                            int resamples, std::uint64_t seed,
                                            StopFlag stop = nullptr);

}  // namespace manygpcm
