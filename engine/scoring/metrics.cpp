// Metrics of a set of predictions, and how a distribution becomes a category.
#include "manygpcm/engine/metrics.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "scoring/metric_sums.h"

namespace manygpcm {

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
    double mean = 0;
    for (int k = 0; k <= last; ++k)
        mean += k * static_cast<double>(probabilities[static_cast<std::size_t>(k)]);
    return std::clamp(static_cast<int>(std::lround(mean)), 0, last);
}

Metrics compute_metrics(std::span<const float> probabilities,
                        std::span<const std::int32_t> responses, int n_categories) {
    const auto width = static_cast<std::size_t>(n_categories);
    MetricSums sums(n_categories);
    for (std::size_t i = 0; i < responses.size(); ++i)
        sums.add(probabilities.subspan(i * width, width), responses[i]);
    return sums.metrics();
}

std::vector<std::pair<std::string, double>> Metrics::scalars() const {
    std::vector<std::pair<std::string, double>> values;
    for (const auto& [name, member] : scalar_members())
        values.emplace_back(name, this->*member);
    return values;
}

std::span<const std::pair<const char*, double Metrics::*>> Metrics::scalar_members() {
    static constexpr std::pair<const char*, double Metrics::*> members[] = {
        {"qwk", &Metrics::qwk},
        {"qwk_median", &Metrics::qwk_median},
        {"qwk_expected", &Metrics::qwk_expected},
        {"accuracy", &Metrics::accuracy},
        {"accuracy_within_one", &Metrics::accuracy_within_one},
        {"mae", &Metrics::mae},
        {"rmse", &Metrics::rmse},
        {"kappa", &Metrics::kappa},
        {"kendall_tau", &Metrics::kendall_tau},
        {"spearman", &Metrics::spearman},
        {"pearson", &Metrics::pearson},
        {"cross_entropy", &Metrics::cross_entropy},
        {"expected_calibration_error", &Metrics::expected_calibration_error}};
    return members;
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

}  // namespace manygpcm
