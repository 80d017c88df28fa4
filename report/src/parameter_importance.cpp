// Which parameters the scores depend on, as a random forest over the trials sees it.
#include <algorithm>

#include "manygpcm/report/analysis.h"
#include "random_forest.h"

namespace manygpcm {
namespace {

constexpr std::size_t fewest_trials = 4;

}  // namespace

std::vector<ParameterFigure> parameter_importance(const Space& space, std::span<const Point> points,
                                                  std::span<const double> scores,
                                                  std::uint64_t seed) {
    if (points.size() < fewest_trials) return {};
    std::vector<std::vector<double>> features;
    for (const Parameter& parameter : space.parameters()) {
        auto& values = features.emplace_back();
        for (const Point& point : points)
            values.push_back(point.at(parameter.name));
    }
    const std::vector<double> importance = forest_importance(features, scores, seed);
    std::vector<ParameterFigure> figures;
    for (std::size_t i = 0; i < importance.size(); ++i)
        figures.push_back({space.parameters()[i].name, importance[i]});
    // Equal scores everywhere: nothing is of importance, and no fractions sum to 1.
    if (std::all_of(importance.begin(), importance.end(), [](double v) { return v == 0; }))
        return {};
    std::stable_sort(figures.begin(), figures.end(),
                     [](const auto& a, const auto& b) { return a.value > b.value; });
    return figures;
}

}  // namespace manygpcm
