// Sums over steps, and every metric computed from them: O(K^2), however many steps there were.
#include "scoring/metric_sums.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace manygpcm {
namespace {

constexpr std::array decisions = {Decision::argmax, Decision::median, Decision::expected};
constexpr std::size_t n_bins = 10;
constexpr std::size_t bin_width = 3;  // steps, sum of confidences, steps decided correctly

/// numerator / denominator; 0 where that is undefined.
double ratio(double numerator, double denominator) {
    return denominator > 0 ? numerator / denominator : 0.0;
}

/// A confusion matrix in doubles with its margins.
struct Table {
    std::size_t size;
    std::vector<double> cells, rows, columns;
    double n = 0;

    Table(std::span<const std::int64_t> confusion, std::size_t n_categories)
        : size(n_categories), cells(confusion.begin(), confusion.end()), rows(size), columns(size) {
        for (std::size_t i = 0; i < size; ++i)
            for (std::size_t j = 0; j < size; ++j) {
                rows[i] += at(i, j);
                columns[j] += at(i, j);
                n += at(i, j);
            }
    }

    double at(std::size_t i, std::size_t j) const { return cells[i * size + j]; }

    /// Sum over all steps of f(observed, predicted).
    template <class F>
    double sum(F f) const {
        double total = 0;
        for (std::size_t i = 0; i < size; ++i)
            for (std::size_t j = 0; j < size; ++j)
                total += at(i, j) * f(i, j);
        return total;
    }
};

/// Weighted kappa: 1 - observed / expected disagreement, for a disagreement f(i, j) that is 0 on
/// the diagonal.
template <class F>
double weighted_kappa(const Table& table, F disagreement) {
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

double quadratic_kappa(const Table& table) {
    return weighted_kappa(table, squared_distance);
}

/// Pearson correlation over the steps when observed category i counts as x[i] and predicted j as
/// y[j].
double correlation(const Table& table, std::span<const double> x, std::span<const double> y) {
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
double kendall_tau(const Table& table) {
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

}  // namespace

double quadratic_weighted_kappa(std::span<const std::int64_t> confusion, int n_categories) {
    return quadratic_kappa(Table(confusion, static_cast<std::size_t>(n_categories)));
}

MetricSums::MetricSums(int n_categories)
    : n_categories_(static_cast<std::size_t>(n_categories)),
      sums_(decisions.size() * n_categories_ * n_categories_ + n_bins * bin_width + 1) {}

void MetricSums::add(std::span<const float> probabilities, int response) {
    const auto observed = static_cast<std::size_t>(response);
    double* confusion = sums_.data();
    for (const Decision decision : decisions) {
        confusion[observed * n_categories_ +
                  static_cast<std::size_t>(decide(probabilities, decision))] += 1;
        confusion += n_categories_ * n_categories_;
    }
    const auto top = static_cast<std::size_t>(decide(probabilities, Decision::argmax));
    const double confidence = probabilities[top];
    const std::size_t bin =
        confidence < 1 ? static_cast<std::size_t>(confidence * n_bins) : n_bins - 1;
    double* bins = confusion + bin * bin_width;
    bins[0] += 1;
    bins[1] += confidence;
    bins[2] += top == observed ? 1 : 0;
    // A probability that underflowed to 0 counts as the smallest one a float holds: the mean stays
    // finite.
    sums_.back() -= std::log(std::max(probabilities[observed], std::numeric_limits<float>::min()));
}

void MetricSums::add(const MetricSums& other, int times) {
    for (std::size_t i = 0; i < sums_.size(); ++i)
        sums_[i] += times * other.sums_[i];
}

std::vector<std::int64_t> MetricSums::confusion(Decision decision) const {
    const std::size_t size = n_categories_ * n_categories_;
    const double* first = sums_.data() + static_cast<std::size_t>(decision) * size;
    return {first, first + size};
}

Metrics MetricSums::metrics() const {
    Metrics m;
    m.confusion = confusion(Decision::argmax);
    const Table table(m.confusion, n_categories_);
    m.n = static_cast<std::int64_t>(table.n);
    m.qwk = quadratic_kappa(table);
    m.qwk_median = quadratic_kappa({confusion(Decision::median), n_categories_});
    m.qwk_expected = quadratic_kappa({confusion(Decision::expected), n_categories_});

    const auto mean = [&](auto f) { return ratio(table.sum(f), table.n); };
    m.accuracy = mean([](auto i, auto j) { return i == j ? 1.0 : 0.0; });
    m.accuracy_within_one =
        mean([](auto i, auto j) { return squared_distance(i, j) <= 1 ? 1.0 : 0.0; });
    m.mae = mean([](auto i, auto j) { return std::sqrt(squared_distance(i, j)); });
    m.rmse = std::sqrt(mean(squared_distance));
    m.kappa = weighted_kappa(table, [](auto i, auto j) { return i == j ? 0.0 : 1.0; });
    m.kendall_tau = kendall_tau(table);
    m.spearman = correlation(table, mid_ranks(table.rows), mid_ranks(table.columns));
    std::vector<double> numbers(n_categories_);
    std::iota(numbers.begin(), numbers.end(), 0.0);
    m.pearson = correlation(table, numbers, numbers);

    m.cross_entropy = ratio(sums_.back(), table.n);
    const double* bins = sums_.data() + decisions.size() * n_categories_ * n_categories_;
    for (std::size_t bin = 0; bin < n_bins; ++bin, bins += bin_width)
        m.expected_calibration_error += ratio(std::abs(bins[1] - bins[2]), table.n);

    for (std::size_t k = 0; k < n_categories_; ++k)
        m.categories.push_back({.precision = ratio(table.at(k, k), table.columns[k]),
                                .recall = ratio(table.at(k, k), table.rows[k]),
                                .f1 = ratio(2 * table.at(k, k), table.rows[k] + table.columns[k]),
                                .count = static_cast<std::int64_t>(table.rows[k])});
    return m;
}

}  // namespace manygpcm
