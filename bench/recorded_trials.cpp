// Recorded trials as functions: a header with the parameters' names and `score`, then a line a
// trial, and the random forest that is grown to them.
#include <algorithm>
#include <fstream>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <utility>

#include "manygpcm/engine/models.h"
#include "manygpcm/search/space_of_models.h"
#include "manygpcm/search/unit_cube.h"
#include "random_forest.h"
#include "regret_functions.h"

namespace manygpcm::bench {
namespace {

std::vector<std::string> fields(const std::string& line) {
    std::istringstream stream(line);
    std::vector<std::string> result;
    for (std::string field; std::getline(stream, field, ',');)
        result.push_back(field);
    return result;
}

/// A field is a number or one of the parameter's words; empty where the parameter isn't searched.
double value_of(const search::Parameter& parameter, const std::string& field) {
    if (field.empty()) return 0;  // settled() knows better
    if (parameter.labels.empty()) return std::stod(field);
    const auto label = std::ranges::find(parameter.labels, field);
    if (label == parameter.labels.end())
        throw std::runtime_error(parameter.name + " '" + field + "': isn't in the space");
    return static_cast<double>(label - parameter.labels.begin());
}

TestFunction forest_of(const std::string& name, const search::Space& space, double best_score) {
    std::ifstream file(name);
    std::string line;
    if (!std::getline(file, line)) throw std::runtime_error(name + ": can't be read");
    const std::vector<std::string> names = fields(line);
    Rows places;
    std::vector<double> scores;
    while (std::getline(file, line)) {
        const std::vector<std::string> values = fields(line);
        search::Point point;
        for (std::size_t i = 0; i + 1 < names.size(); ++i)
            point[names[i]] = value_of(space.find(names[i]), values.at(i));
        places.push_back(search::unit_of(space, space.settled(std::move(point))));
        scores.push_back(std::stod(values.at(names.size() - 1)));
    }
    const auto forest = std::make_shared<const RandomForest>(places, scores);
    const auto score = [space, forest](const search::Point& point) {
        return forest->at(search::unit_of(space, point));
    };
    return {space, score, best_score};
}

}  // namespace

// The best scores are the best of 300 climbs along one axis at a time from random points, twice
// found.
TestFunction recorded_trials() {
    return forest_of(MANYGPCM_BENCH_DIRECTORY "/recorded_trials.csv",
                     search::published_space(parse_model("deep_gpcm")), 0.605078);
}

TestFunction recorded_conditions() {
    const auto models = search::read_space_of_models(
        MANYGPCM_BENCH_DIRECTORY "/recorded_conditions.toml", default_hyperparameters);
    return forest_of(MANYGPCM_BENCH_DIRECTORY "/recorded_conditions.csv", models.space, 0.585426);
}

}  // namespace manygpcm::bench
