// Metrics of a set of predictions, and how a distribution becomes a category.
#include "manygpcm/engine/metrics.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "manygpcm/engine/detail/json_numbers.h"
#include "manygpcm/engine/detail/metrics_json.h"
#include "manygpcm/engine/running_metrics.h"

namespace manygpcm {
namespace {

const Metric& row_of(std::string_view name) {
    const Metric* metric = find_metric(name);
    if (metric == nullptr) throw std::out_of_range(fmt::format("no metric is named '{}'", name));
    return *metric;
}

std::int64_t count_in(const nlohmann::json& from) {
    return whole_number_in<std::int64_t>(from, 0);
}

}  // namespace

double expected_category(std::span<const float> probabilities) {
    double mean = 0;
    for (std::size_t k = 1; k < probabilities.size(); ++k)
        mean += static_cast<double>(k) * static_cast<double>(probabilities[k]);
    return mean;
}

int decide(std::span<const float> probabilities, Decision decision) {
    const int last = static_cast<int>(probabilities.size()) - 1;
    if (decision == Decision::argmax)
        return static_cast<int>(std::ranges::max_element(probabilities) - probabilities.begin());
    if (decision == Decision::median) {
        double cumulative = 0;
        for (int k = 0; k < last; ++k) {
            cumulative += probabilities[static_cast<std::size_t>(k)];
            if (cumulative >= 0.5) return k;
        }
        return last;
    }
    return std::clamp(static_cast<int>(std::lround(expected_category(probabilities))), 0, last);
}

Metrics compute_metrics(std::span<const float> probabilities,
                        std::span<const std::int32_t> responses, int n_categories) {
    RunningMetrics metrics(n_categories);
    metrics.add(probabilities, responses);
    return metrics.metrics();
}

Metrics::Metrics() : values_(metric_table().size()) {}

double Metrics::operator[](const Metric& metric) const {
    return values_[static_cast<std::size_t>(&metric - metric_table().data())];
}

double& Metrics::operator[](const Metric& metric) {
    return values_[static_cast<std::size_t>(&metric - metric_table().data())];
}

double Metrics::operator[](std::string_view name) const {
    return (*this)[row_of(name)];
}

double& Metrics::operator[](std::string_view name) {
    return (*this)[row_of(name)];
}

std::vector<std::pair<std::string, double>> Metrics::scalars() const {
    std::vector<std::pair<std::string, double>> values;
    for (const Metric& metric : metric_table())
        if (metric.defined(static_cast<int>(categories.size())))
            values.emplace_back(metric.name, (*this)[metric]);
    return values;
}

nlohmann::json scalars_to_json(const Metrics& metrics) {
    nlohmann::json json{{"n", metrics.n}};
    for (const auto& [name, value] : metrics.scalars())
        json[name] = value;
    return json;
}

nlohmann::json to_json(const Metrics& metrics) {
    nlohmann::json json = scalars_to_json(metrics);
    json["confusion"] = nlohmann::json::array();
    json["categories"] = nlohmann::json::array();
    const std::span<const std::int64_t> confusion = metrics.confusion;
    const std::size_t n_categories = metrics.categories.size();
    for (std::size_t k = 0; k < n_categories; ++k) {
        const auto row = confusion.subspan(k * n_categories, n_categories);
        json["confusion"].push_back(std::vector(row.begin(), row.end()));
        const CategoryScores& scores = metrics.categories[k];
        json["categories"].push_back({{"precision", scores.precision},
                                      {"recall", scores.recall},
                                      {"f1", scores.f1},
                                      {"count", scores.count}});
    }
    return json;
}

Metrics metrics_from_json(const nlohmann::json& from) {
    Metrics metrics;
    metrics.n = count_in(from.at("n"));
    for (const Metric& metric : metric_table()) {
        const auto value = from.find(metric.name);
        metrics[metric] =
            value == from.end() ? std::numeric_limits<double>::quiet_NaN() : number_in(*value);
    }
    for (const auto& row : from.at("confusion"))
        for (const auto& count : row)
            metrics.confusion.push_back(count_in(count));
    for (const auto& scores : from.at("categories"))
        metrics.categories.push_back({.precision = number_in(scores.at("precision")),
                                      .recall = number_in(scores.at("recall")),
                                      .f1 = number_in(scores.at("f1")),
                                      .count = count_in(scores.at("count"))});
    if (metrics.confusion.size() != metrics.categories.size() * metrics.categories.size())
        throw std::invalid_argument(
            fmt::format("{} entries in the confusion matrix of {} categories",
                        metrics.confusion.size(), metrics.categories.size()));
    return metrics;
}

}  // namespace manygpcm
