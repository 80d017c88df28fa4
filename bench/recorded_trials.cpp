// Recorded trials as functions: a header with the parameters' names and `score`, then a line a
// trial.
#include <algorithm>
#include <fstream>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <utility>

#include "manygpcm/engine/models.h"
#include "manygpcm/search/space_of_models.h"
#include "manygpcm/search/unit_cube.h"
#include "regret_functions.h"

namespace manygpcm::bench {
namespace {

struct Recorded {
    std::vector<double> place;  // in the unit cube
    double score = 0;
};

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

std::vector<Recorded> read(const std::string& name, const search::Space& space) {
    std::ifstream file(name);
    std::string line;
    if (!std::getline(file, line)) throw std::runtime_error(name + ": can't be read");
    const std::vector<std::string> names = fields(line);
    std::vector<Recorded> trials;
    while (std::getline(file, line)) {
        const std::vector<std::string> values = fields(line);
        search::Point point;
        for (std::size_t i = 0; i + 1 < names.size(); ++i)
            point[names[i]] = value_of(space.find(names[i]), values.at(i));
        trials.push_back({search::unit_of(space, space.settled(std::move(point))),
                          std::stod(values.at(names.size() - 1))});
    }
    return trials;
}

/// Trials of other words are further away than any of the same: words are all that conditions
/// require.
double squared_distance(const search::Space& space, const std::vector<double>& a,
                        const std::vector<double>& b) {
    double sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        const bool ordered = space.parameters()[i].ordered();
        if (ordered)
            sum += (a[i] - b[i]) * (a[i] - b[i]);
        else if (a[i] != b[i])
            sum += static_cast<double>(a.size());
    }
    return sum;
}

TestFunction nearest_of(const std::string& file, const search::Space& space) {
    const auto trials = std::make_shared<const std::vector<Recorded>>(read(file, space));
    const auto score = [space, trials](const search::Point& point) {
        const std::vector<double> place = search::unit_of(space, point);
        return std::ranges::min_element(*trials, {},
                                        [&](const Recorded& trial) {
                                            return squared_distance(space, trial.place, place);
                                        })
            ->score;
    };
    return {space, score, std::ranges::max_element(*trials, {}, &Recorded::score)->score};
}

}  // namespace

TestFunction recorded_trials() {
    return nearest_of(MANYGPCM_BENCH_DIRECTORY "/recorded_trials.csv",
                      search::published_space(parse_model("deep_gpcm")));
}

TestFunction recorded_conditions() {
    const auto models = search::read_space_of_models(
        MANYGPCM_BENCH_DIRECTORY "/recorded_conditions.toml", default_hyperparameters);
    return nearest_of(MANYGPCM_BENCH_DIRECTORY "/recorded_conditions.csv", models.space);
}

}  // namespace manygpcm::bench
