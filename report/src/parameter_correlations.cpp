// How each parameter's value goes along with the score.
#include <algorithm>
#include <cmath>

#include "manygpcm/report/analysis.h"

namespace manygpcm {

std::vector<ParameterFigure> parameter_correlations(const Space& space,
                                                    std::span<const Point> points,
                                                    std::span<const double> scores) {
    std::vector<ParameterFigure> figures;
    const auto n = static_cast<double>(points.size());
    for (const Parameter& parameter : space.parameters()) {
        // Two words are a yes and a no; more have no order.
        if (!parameter.ordered() && parameter.labels.size() > 2) continue;
        double mean_x = 0, mean_y = 0;
        for (std::size_t i = 0; i < points.size(); ++i) {
            mean_x += points[i].at(parameter.name) / n;
            mean_y += scores[i] / n;
        }
        double xx = 0, xy = 0, yy = 0;
        bool varied = false;
        for (std::size_t i = 0; i < points.size(); ++i) {
            const double value = points[i].at(parameter.name);
            varied = varied || value != points[0].at(parameter.name);
            const double dx = value - mean_x, dy = scores[i] - mean_y;
            xx += dx * dx;
            xy += dx * dy;
            yy += dy * dy;
        }
        if (varied && yy > 0)
            figures.push_back({parameter.name, std::clamp(xy / std::sqrt(xx * yy), -1.0, 1.0)});
    }
    std::stable_sort(figures.begin(), figures.end(), [](const auto& a, const auto& b) {
        return std::abs(a.value) > std::abs(b.value);
    });
    return figures;
}

}  // namespace manygpcm
