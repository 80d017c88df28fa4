// The inverse takes what anybody may have written: each number is checked.
#include "manygpcm/engine/detail/epoch_json.h"

#include <fmt/format.h>

#include <limits>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "manygpcm/engine/detail/json_numbers.h"
#include "manygpcm/engine/detail/metrics_json.h"

namespace manygpcm {
namespace {

using Json = nlohmann::json;

std::int64_t count_in(const Json& from) {
    return whole_number_in<std::int64_t>(from, 0);
}

}  // namespace

Metrics metrics_from_json(const Json& from) {
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

Json epoch_to_json(const EpochResult& epoch) {
    Json result = to_json(epoch.validation);
    result["train_loss"] = number_to_json(epoch.train_loss);
    result["lr"] = epoch.lr;
    result["seconds"] = epoch.seconds;
    result["skipped_steps"] = epoch.skipped_steps;
    return result;
}

EpochResult epoch_from_json(const Json& json, int number_of_epoch) {
    try {
        return {.epoch = number_of_epoch,
                .train_loss = number_in(json.at("train_loss")),
                .lr = number_in(json.at("lr")),
                .seconds = number_in(json.at("seconds")),
                .skipped_steps = whole_number_in<int>(json.at("skipped_steps"), 0),
                .validation = metrics_from_json(json)};
    } catch (const Json::exception& error) {
        throw std::invalid_argument(plain_words(error));
    }
}

}  // namespace manygpcm
