// The recorded trials as a function: a header with the parameters' names and `score`, then a line a
// trial.
#include <algorithm>
#include <fstream>
#include <limits>
#include <memory>
#include <sstream>
#include <stdexcept>

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

std::vector<Recorded> read(const search::Space& space) {
    std::ifstream file(MANYGPCM_RECORDED_TRIALS);
    std::string line;
    if (!std::getline(file, line))
        throw std::runtime_error(std::string(MANYGPCM_RECORDED_TRIALS) + ": can't be read");
    const std::vector<std::string> names = fields(line);
    std::vector<Recorded> trials;
    while (std::getline(file, line)) {
        const std::vector<std::string> values = fields(line);
        search::Point point;
        for (std::size_t i = 0; i + 1 < names.size(); ++i)
            point[names[i]] = std::stod(values.at(i));
        trials.push_back({search::unit_of(space, point), std::stod(values.at(names.size() - 1))});
    }
    return trials;
}

double squared_distance(const std::vector<double>& a, const std::vector<double>& b) {
    double sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i)
        sum += (a[i] - b[i]) * (a[i] - b[i]);
    return sum;
}

}  // namespace

TestFunction recorded_trials() {
    const search::Space space = search::published_space(parse_model("deep_gpcm"));
    const auto trials = std::make_shared<const std::vector<Recorded>>(read(space));
    const auto score = [space, trials](const search::Point& point) {
        const std::vector<double> place = search::unit_of(space, point);
        return std::ranges::min_element(
                   *trials, {},
                   [&](const Recorded& trial) { return squared_distance(trial.place, place); })
            ->score;
    };
    return {space, score, std::ranges::max_element(*trials, {}, &Recorded::score)->score};
}

}  // namespace manygpcm::bench
