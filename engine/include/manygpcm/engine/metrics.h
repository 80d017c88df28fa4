// How well predicted distributions over ordered categories fit the responses: all metrics of
// docs/model.md, each a row of one table.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace manygpcm {

/// How a distribution becomes one category: its mode, its median, or its rounded mean.
enum class Decision { argmax, median, expected };

class ScoredSteps;  // engine/scoring: what formulas are of

/// All that is known of a metric: who adds one adds a row to the table in scoring/metric_table.cpp.
struct Metric {
    /// What it says for two categories, where several metrics come to the same.
    enum class ForTwo {
        itself,  ///< something of its own, as for more
        alone,   ///< something of its own, and nothing for more: it is defined for two only
        again,   ///< what another metric of the table says
        nothing  ///< it is constant
    };

    std::string_view name;           ///< in files and as an objective
    std::string_view title;          ///< of a column
    std::string_view word;           ///< in a sentence: "by cross-entropy"
    std::string_view spelled = {};   ///< an abbreviation's words, where it first stands
    bool minimize = false;           ///< the lower, the better
    double lowest = 0, highest = 1;  ///< what it can be; infinite: depends on the data
    bool brief = false;              ///< in tables of few columns, too
    ForTwo for_two = ForTwo::itself;
    double (*formula)(const ScoredSteps&) = nullptr;

    /// Whether it is defined for so many categories; where they aren't known (0), unless it is for
    /// two alone.
    bool defined(int categories) const { return for_two != ForTwo::alone || categories == 2; }
    /// Whether tables show it: each thing once.
    bool shown(int categories) const {
        return defined(categories) &&
               (categories != 2 || for_two == ForTwo::itself || for_two == ForTwo::alone);
    }
    /// Whether it is at most 1, so that a hundredth means the same of any data.
    bool bounded() const { return highest <= 1; }
    /// Whether 0 is what chance agreement makes of it, and what is said where it is undefined.
    bool corrected_for_chance() const { return lowest < 0; }
    /// Of two values the better one.
    bool better(double value, double than) const { return minimize ? value < than : value > than; }
};

/// Every metric, in the order of tables and files.
std::span<const Metric> metric_table();

/// The metric of that name; null where there is none.
const Metric* find_metric(std::string_view name);

/// "qwk, qwk_median, ...": for messages and help.
std::string metric_names();

/// The metric that a search may go by with so many categories.
/// @throws InputError for a name that is unknown, or a metric that says nothing of so many
const Metric& objective_metric(std::string_view name, int categories);

struct CategoryScores {
    double precision = 0, recall = 0, f1 = 0;  ///< 0 where undefined
    std::int64_t count = 0;                    ///< responses in the category
};

/// The metrics of a set of steps. NaN: not known, as of a file from before there was the metric.
class Metrics {
  public:
    Metrics();  ///< of no steps: all 0

    std::int64_t n = 0;                      ///< steps
    std::vector<std::int64_t> confusion;     ///< [K x K], rows observed, columns predicted (argmax)
    std::vector<CategoryScores> categories;  ///< [K]

    /// By name. @throws std::out_of_range
    double operator[](std::string_view name) const;
    double& operator[](std::string_view name);
    /// By row.
    double operator[](const Metric& metric) const;
    double& operator[](const Metric& metric);

    /// The metrics that are defined for the categories, by name, in the order of the table.
    std::vector<std::pair<std::string, double>> scalars() const;

  private:
    std::vector<double> values_;  // [metric_table()]
};

/// @param probabilities [n x K], rows sum to 1
/// @param responses [n], 0..K-1
/// A metric that is undefined (no variance, no steps) says what chance would: 0.5 for the area
/// under the ROC curve, 0 for others, never NaN.
Metrics compute_metrics(std::span<const float> probabilities,
                        std::span<const std::int32_t> responses, int n_categories);

/// Quadratic weighted kappa (Cohen 1968) of a [K x K] confusion matrix of counts; 0 where
/// undefined.
double quadratic_weighted_kappa(std::span<const std::int64_t> confusion, int n_categories);

/// Σ k p_k of one distribution of K probabilities.
double expected_category(std::span<const float> probabilities);

/// The category that `decision` makes of one distribution of K probabilities.
int decide(std::span<const float> probabilities, Decision decision);

struct Interval {
    double low = 0, high = 0;
};

/// By the metric's name.
using Intervals = std::map<std::string, Interval, std::less<>>;

}  // namespace manygpcm
