// Points in the unit cube, scores standardized.
#include "samplers/gp_encoding.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "manygpcm/search/unit_cube.h"

namespace manygpcm::search {
namespace {

using Eigen::Index;
using Eigen::VectorXd;

VectorXd standardized(std::vector<double> scores, double& deviation) {
    std::vector<double> sorted = scores;
    std::ranges::sort(sorted);
    const double quarter = sorted[sorted.size() / 4], most = sorted[3 * sorted.size() / 4];
    const double fence = quarter - 1.5 * (most - quarter);
    for (double& score : scores)
        score = std::max(score, fence);
    VectorXd y = Eigen::Map<const VectorXd>(scores.data(), static_cast<Index>(scores.size()));
    y.array() -= y.mean();
    deviation = std::sqrt(y.squaredNorm() / static_cast<double>(y.size()));
    if (deviation > 0) y /= deviation;
    return y;
}

}  // namespace

VectorXd encode(const Space& space, const Point& point, double log_epochs_below_most) {
    const std::vector<double> u = unit_of(space, point);
    VectorXd x(static_cast<Index>(u.size()) + 1);
    for (std::size_t i = 0; i < u.size(); ++i)
        x[static_cast<Index>(i)] = u[i];
    x[x.size() - 1] = log_epochs_below_most;
    return x;
}

std::vector<bool> categorical_axes(const Space& space) {
    std::vector<bool> axes;
    for (const Parameter& parameter : space.parameters())
        axes.push_back(!parameter.ordered());
    axes.push_back(false);
    return axes;
}

EncodedTrials encode(const Space& space, std::span<const Observation> told) {
    int most = 1;
    double worst = std::numeric_limits<double>::infinity();
    for (const Observation& observation : told) {
        most = std::max(most, observation.epochs);
        if (std::isfinite(observation.score)) worst = std::min(worst, observation.score);
    }
    GpData data;
    data.x.resize(static_cast<Index>(told.size()),
                  static_cast<Index>(space.parameters().size()) + 1);
    std::vector<double> scores;
    for (std::size_t i = 0; i < told.size(); ++i) {
        const double below = std::log(static_cast<double>(told[i].epochs) / most);
        data.x.row(static_cast<Index>(i)) = encode(space, told[i].point, below).transpose();
        scores.push_back(std::isfinite(told[i].score) ? told[i].score : worst);
    }
    data.categorical = categorical_axes(space);
    double deviation = 0;
    data.y = standardized(std::move(scores), deviation);
    return {std::move(data), deviation};
}

}  // namespace manygpcm::search
