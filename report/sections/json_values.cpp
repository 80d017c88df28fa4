// Values of the analysis that several sections write.
#include "sections/json_values.h"

#include <cmath>
#include "manygpcm/engine/detail/metrics_json.h"

namespace manygpcm::report {

using nlohmann::json;

namespace {

json calibration(const search::ScoredPredictor& scored) {
    json list = json::array();
    for (const CalibrationBin& bin : scored.calibration)
        list.push_back({{"low", bin.low},
                        {"high", bin.high},
                        {"count", bin.count},
                        {"confidence", bin.count > 0 ? json(bin.confidence) : json(nullptr)},
                        {"accuracy", bin.count > 0 ? json(bin.accuracy) : json(nullptr)}});
    return list;
}

}  // namespace

json finite_or_null(double value) {
    return std::isfinite(value) ? json(value) : json(nullptr);
}

json interval_json(const std::optional<Interval>& of) {
    return of ? json::array({of->low, of->high}) : json(nullptr);
}

json estimate_json(const Estimate& e) {
    return {{"value", e.value}, {"low", e.low}, {"high", e.high}};
}

json correlations_list(const std::vector<Correlation>& correlations) {
    json list = json::array();
    for (const Correlation& one : correlations)
        list.push_back(
            {{"name", one.name},
             {"trials", one.trials},
             {"by_chance", chance_correlation(one.trials)},
             {"coded_as_one", one.coded_as_one.empty() ? json(nullptr) : json(one.coded_as_one)},
             {"pearson", estimate_json(one.pearson)},
             {"spearman", estimate_json(one.spearman)}});
    return list;
}

/// Words by their labels.
json value_json(const search::Parameter& parameter, double value) {
    if (parameter.ordered()) return value;
    return search::format_value(parameter, value);
}

json point_json(const search::Space& space, const search::Point& point) {
    json values = json::object();
    for (const search::Parameter& parameter : space.parameters())
        values[parameter.name] = nullptr;
    for (const search::Parameter* parameter : space.searched_at(point))
        if (const auto value = point.find(parameter->name); value != point.end())
            values[parameter->name] = value_json(*parameter, value->second);
    return values;
}

json predictor_json(const search::ScoredPredictor& scored) {
    json entry = {{"name", scored.name}, {"metrics", to_json(scored.metrics)}};
    const auto add = [&](const char* name, const Intervals& intervals) {
        for (const auto& [metric, of_metric] : intervals)
            entry[name][metric] = interval_json(of_metric);
    };
    add("intervals", scored.intervals);
    add("winner_differences", scored.winner_differences);
    if (scored.without_first) entry["without_first"] = to_json(*scored.without_first);
    if (scored.qwk_fitted) entry["qwk_fitted"] = *scored.qwk_fitted;
    if (!scored.calibration.empty()) entry["calibration"] = calibration(scored);
    return entry;
}

json predictor_or_null(const std::optional<search::ScoredPredictor>& scored) {
    return scored ? predictor_json(*scored) : json(nullptr);
}

}  // namespace manygpcm::report
