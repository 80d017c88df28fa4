// Fitted once: what a point costs doesn't depend on scores.
#include "samplers/cost_model.h"

#include <cmath>
#include <vector>

#include "samplers/gp_encoding.h"
#include "samplers/random_sampler.h"

namespace manygpcm::search {

using Eigen::Index;
using Eigen::VectorXd;

CostModel::CostModel(const Space& space, const PointCost& cost, std::uint64_t seed) {
    const std::vector<Point> points = RandomSampler(space, seed, {}).ask(n_points);
    GpData data;
    data.categorical = categorical_axes(space);
    data.x.resize(n_points, std::ssize(data.categorical));
    VectorXd y(n_points);
    for (Index i = 0; i < n_points; ++i) {
        const Point& point = points[static_cast<std::size_t>(i)];
        data.x.row(i) = encode(space, point, 0).transpose();
        y[i] = std::log(cost(point));
    }
    mean_ = y.mean();
    deviation_ = std::sqrt((y.array() - mean_).square().mean());
    // Of costs that are the same but for rounding there is nothing to learn.
    constexpr double negligible = 1e-6;
    if (deviation_ < negligible) return;
    data.y = (y.array() - mean_) / deviation_;
    const GpHyperparameters fitted = fit_gp(data);
    process_.emplace(std::move(data), fitted);
}

double CostModel::log_cost(const VectorXd& x) const {
    return process_ ? mean_ + deviation_ * process_->mean(x) : mean_;
}

}  // namespace manygpcm::search
