// The table of all metrics and their formulas: a metric is one row of it.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "manygpcm/engine/error.h"
#include "manygpcm/engine/metrics.h"
#include "manygpcm/engine/shown.h"
#include "manygpcm/engine/shown_metrics.h"
#include "scoring/scored_steps.h"

namespace manygpcm {
namespace {

/// numerator / denominator; 0 where that is undefined.
double ratio(double numerator, double denominator) {
    return denominator > 0 ? numerator / denominator : 0.0;
}

/// Weighted kappa: 1 - observed / expected disagreement, for a disagreement f(i, j) that is 0 on
/// the diagonal.
template <class F>
double weighted_kappa(const ConfusionTable& table, F disagreement) {
    double expected = 0;
    for (std::size_t i = 0; i < table.size; ++i)
        for (std::size_t j = 0; j < table.size; ++j)
            expected += table.rows[i] * table.columns[j] * disagreement(i, j);
    return expected > 0 ? 1.0 - table.sum(disagreement) * table.n / expected : 0.0;
}

double squared_distance(std::size_t i, std::size_t j) {
    const double d = static_cast<double>(i) - static_cast<double>(j);
    return d * d;
}

double quadratic_kappa(const ConfusionTable& table) {
    return weighted_kappa(table, squared_distance);
}

/// Pearson correlation over the steps when observed category i counts as x[i] and predicted j as
/// y[j].
double correlation(const ConfusionTable& table, std::span<const double> x,
                   std::span<const double> y) {
    const double mean_x =
        ratio(std::inner_product(x.begin(), x.end(), table.rows.begin(), 0.0), table.n);
    const double mean_y =
        ratio(std::inner_product(y.begin(), y.end(), table.columns.begin(), 0.0), table.n);
    const double xy = table.sum([&](auto i, auto j) { return (x[i] - mean_x) * (y[j] - mean_y); });
    const double xx = table.sum([&](auto i, auto) { return (x[i] - mean_x) * (x[i] - mean_x); });
    const double yy = table.sum([&](auto, auto j) { return (y[j] - mean_y) * (y[j] - mean_y); });
    return ratio(xy, std::sqrt(xx * yy));
}

/// The mean rank that every step of a category shares, by category.
std::vector<double> mid_ranks(std::span<const double> counts) {
    std::vector<double> ranks;
    double before = 0;
    for (const double count : counts) {
        ranks.push_back(before + (count + 1) / 2);
        before += count;
    }
    return ranks;
}

/// Kendall's tau-b (1945): concordant minus discordant pairs over the geometric mean of the untied
/// pairs.
double kendall_tau(const ConfusionTable& table) {
    // above[j]: steps with a higher observed category than i and predicted category j.
    std::vector<double> above(table.size);
    double difference = 0;
    for (std::size_t i = table.size; i-- > 0;) {
        double lower = 0, higher = std::accumulate(above.begin(), above.end(), 0.0);
        for (std::size_t j = 0; j < table.size; ++j) {
            higher -= above[j];
            difference += table.at(i, j) * (higher - lower);
            lower += above[j];
        }
        for (std::size_t j = 0; j < table.size; ++j)
            above[j] += table.at(i, j);
    }
    const auto untied = [&](std::span<const double> counts) {
        double pairs = table.n * (table.n - 1);
        for (const double count : counts)
            pairs -= count * (count - 1);
        return pairs / 2;
    };
    return ratio(difference, std::sqrt(untied(table.rows) * untied(table.columns)));
}

/// Category by number.
std::vector<double> numbers(std::size_t n_categories) {
    std::vector<double> numbers(n_categories);
    std::iota(numbers.begin(), numbers.end(), 0.0);
    return numbers;
}

template <Decision decision>
double qwk(const ScoredSteps& steps) {
    return quadratic_kappa(steps.decided(decision));
}

/// A mean of f(observed, predicted) over argmax decisions.
template <class F>
double mean_of(const ScoredSteps& steps, F f) {
    return steps.decided(Decision::argmax).mean(f);
}

double accuracy(const ScoredSteps& steps) {
    return mean_of(steps, [](auto i, auto j) { return i == j ? 1.0 : 0.0; });
}

double accuracy_within_one(const ScoredSteps& steps) {
    return mean_of(steps, [](auto i, auto j) { return squared_distance(i, j) <= 1 ? 1.0 : 0.0; });
}

double mean_absolute_error(const ScoredSteps& steps) {
    return mean_of(steps, [](auto i, auto j) { return std::sqrt(squared_distance(i, j)); });
}

double root_mean_squared_error(const ScoredSteps& steps) {
    return std::sqrt(mean_of(steps, squared_distance));
}

double cohens_kappa(const ScoredSteps& steps) {
    return weighted_kappa(steps.decided(Decision::argmax),
                          [](auto i, auto j) { return i == j ? 0.0 : 1.0; });
}

double kendall(const ScoredSteps& steps) {
    return kendall_tau(steps.decided(Decision::argmax));
}

double spearman(const ScoredSteps& steps) {
    const ConfusionTable& table = steps.decided(Decision::argmax);
    return correlation(table, mid_ranks(table.rows), mid_ranks(table.columns));
}

double pearson_of_categories(const ScoredSteps& steps) {
    const ConfusionTable& table = steps.decided(Decision::argmax);
    return correlation(table, numbers(table.size), numbers(table.size));
}

double cross_entropy(const ScoredSteps& steps) {
    return ratio(steps.sums().negative_log_likelihood(), steps.n());
}

double expected_calibration_error(const ScoredSteps& steps) {
    double error = 0;
    for (const double gap : steps.sums().calibration_gaps())
        error += ratio(gap, steps.n());
    return error;
}

double roc_area(const ScoredSteps& steps) {
    return steps.roc_area();
}

using ForTwo = Metric::ForTwo;
constexpr double unbounded = std::numeric_limits<double>::infinity();

// Of argmax decisions, unless the title says otherwise, down to the distributions' own.
constexpr Metric rows[] = {
    {.name = "qwk",
     .title = "QWK (argmax)",
     .word = "QWK",
     .spelled = "quadratic weighted kappa",
     .lowest = -1,
     .brief = true,
     .formula = qwk<Decision::argmax>},
    {.name = "qwk_median",
     .title = "QWK (median)",
     .word = "QWK of the median",
     .spelled = "quadratic weighted kappa of the median",
     .lowest = -1,
     .brief = true,
     .for_two = ForTwo::again,
     .formula = qwk<Decision::median>},
    {.name = "qwk_expected",
     .title = "QWK (rounded mean)",
     .word = "QWK of the rounded mean",
     .spelled = "quadratic weighted kappa of the rounded mean",
     .lowest = -1,
     .for_two = ForTwo::again,
     .formula = qwk<Decision::expected>},
    {.name = "accuracy",
     .title = "Accuracy",
     .word = "accuracy",
     .brief = true,
     .formula = accuracy},
    {.name = "accuracy_within_one",
     .title = "Accuracy within one",
     .word = "accuracy within one category",
     .for_two = ForTwo::nothing,
     .formula = accuracy_within_one},
    {.name = "mae",
     .title = "Mean absolute error",
     .word = "mean absolute error",
     .minimize = true,
     .highest = unbounded,
     .for_two = ForTwo::again,
     .formula = mean_absolute_error},
    {.name = "rmse",
     .title = "Root mean squared error",
     .word = "root mean squared error",
     .minimize = true,
     .highest = unbounded,
     .for_two = ForTwo::again,
     .formula = root_mean_squared_error},
    {.name = "kappa",
     .title = "Cohen's kappa",
     .word = "Cohen's kappa",
     .lowest = -1,
     .for_two = ForTwo::again,
     .formula = cohens_kappa},
    {.name = "kendall_tau",
     .title = "Kendall's tau-b",
     .word = "Kendall's tau-b",
     .lowest = -1,
     .for_two = ForTwo::again,
     .formula = kendall},
    {.name = "spearman",
     .title = "Spearman's r",
     .word = "Spearman's r",
     .lowest = -1,
     .for_two = ForTwo::again,
     .formula = spearman},
    {.name = "pearson",
     .title = "Pearson's r",
     .word = "Pearson's r",
     .lowest = -1,
     .formula = pearson_of_categories},
    {.name = "cross_entropy",
     .title = "Cross-entropy",
     .word = "cross-entropy",
     .minimize = true,
     .highest = unbounded,
     .brief = true,
     .formula = cross_entropy},
    {.name = "expected_calibration_error",
     .title = "Calibration error",
     .word = "calibration error",
     .minimize = true,
     .formula = expected_calibration_error},
    {.name = "auc",
     .title = "AUC",
     .word = "AUC",
     .spelled = "area under the receiver operating characteristic curve",
     .brief = true,
     .for_two = ForTwo::alone,
     .formula = roc_area},
};

}  // namespace

std::span<const Metric> metric_table() {
    return rows;
}

std::vector<const Metric*> shown_metrics(int n_categories) {
    std::vector<const Metric*> shown;
    for (const Metric& metric : rows)
        if (metric.shown(n_categories)) shown.push_back(&metric);
    std::stable_partition(shown.begin(), shown.end(),
                          [](const Metric* metric) { return metric->name == "auc"; });
    return shown;
}

const Metric* find_metric(std::string_view name) {
    const auto* const found = std::ranges::find(rows, name, &Metric::name);
    return found == std::end(rows) ? nullptr : found;
}

std::string metric_names() {
    std::string names;
    for (const Metric& metric : rows)
        names += (names.empty() ? "" : ", ") + std::string(metric.name);
    return names;
}

const Metric& objective_metric(std::string_view name, int categories) {
    const Metric* metric = find_metric(name);
    if (metric == nullptr) {
        std::vector<std::string_view> names;
        for (const Metric& row : rows)
            names.push_back(row.name);
        throw InputError(fmt::format("objective '{}' is unknown{}: expected one of {}", name,
                                     did_you_mean(name, names), metric_names()));
    }
    if (!metric->defined(categories))
        throw InputError(fmt::format(
            "objective {}: is defined for two categories only, and the data has {}; expected "
            "another metric",
            name, categories));
    if (categories == 2 && metric->for_two == ForTwo::nothing)
        throw InputError(fmt::format(
            "objective {}: is the same for every model where there are two categories; expected "
            "another metric",
            name));
    return *metric;
}

double quadratic_weighted_kappa(std::span<const std::int64_t> confusion, int n_categories) {
    return quadratic_kappa(ConfusionTable(confusion, static_cast<std::size_t>(n_categories)));
}

ConfusionTable::ConfusionTable(std::span<const std::int64_t> confusion, std::size_t n_categories)
    : size(n_categories), cells(confusion.begin(), confusion.end()), rows(size), columns(size) {
    for (std::size_t i = 0; i < size; ++i)
        for (std::size_t j = 0; j < size; ++j) {
            rows[i] += at(i, j);
            columns[j] += at(i, j);
            n += at(i, j);
        }
}

ScoredSteps::ScoredSteps(const MetricSums& sums, double roc_area)
    : sums_(sums),
      tables_{
          ConfusionTable(sums.confusion(Decision::argmax),
                         static_cast<std::size_t>(sums.n_categories())),
          ConfusionTable(sums.confusion(Decision::median),
                         static_cast<std::size_t>(sums.n_categories())),
          ConfusionTable(sums.confusion(Decision::expected),
                         static_cast<std::size_t>(sums.n_categories())),
      },
      roc_area_(roc_area) {}

Metrics ScoredSteps::metrics() const {
    const ConfusionTable& table = decided(Decision::argmax);
    Metrics m;
    m.n = static_cast<std::int64_t>(table.n);
    m.confusion = sums_.confusion(Decision::argmax);
    for (const Metric& metric : rows)
        m[metric] = metric.defined(sums_.n_categories()) ? metric.formula(*this)
                                                         : std::numeric_limits<double>::quiet_NaN();
    for (std::size_t k = 0; k < table.size; ++k)
        m.categories.push_back({.precision = ratio(table.at(k, k), table.columns[k]),
                                .recall = ratio(table.at(k, k), table.rows[k]),
                                .f1 = ratio(2 * table.at(k, k), table.rows[k] + table.columns[k]),
                                .count = static_cast<std::int64_t>(table.rows[k])});
    return m;
}

}  // namespace manygpcm
