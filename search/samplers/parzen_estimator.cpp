// The mixture's kernels: how they are weighed, drawn from and evaluated.
#include "samplers/parzen_estimator.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numbers>

#include "manygpcm/search/unit_cube.h"

namespace manygpcm::search {
namespace {

constexpr std::size_t points_of_full_weight = 25;

double standard_normal_cdf(double x) {
    return 0.5 * std::erfc(-x / std::numbers::sqrt2);
}

/// Weight of point i of n, oldest first: a ramp, then 1 for the newest.
double age_weight(std::size_t i, std::size_t n) {
    if (n < points_of_full_weight || i + points_of_full_weight >= n) return 1;
    const std::size_t ramp = n - points_of_full_weight;
    const double oldest = 1 / static_cast<double>(n);
    if (ramp == 1) return oldest;
    return oldest + (1 - oldest) * static_cast<double>(i) / static_cast<double>(ramp - 1);
}

/// The values of a parameter that are one with `value`, on the unit axis.
struct Cell {
    double from, to;
};

Cell cell_of(const Parameter& parameter, double value) {
    if (parameter.kind == Parameter::Kind::integer)
        return {unit_of(parameter, value - 0.5), unit_of(parameter, value + 0.5)};
    const double center = unit_of(parameter, value), half = 0.5 / n_levels(parameter);
    return {center - half, center + half};
}

}  // namespace

ParzenEstimator::ParzenEstimator(const Space& space, const std::vector<Point>& points)
    : space_(space) {
    const std::size_t n = points.size(), dimensions = space.parameters().size();
    // Scott's rule, but never so narrow that a few points hide what lies between them.
    const double count = static_cast<double>(std::max<std::size_t>(n, 1));
    const double bandwidth =
        std::max(0.2 * std::pow(count, -1 / (static_cast<double>(dimensions) + 4)),
                 1 / std::min(100.0, 2 + count));
    double total = 1;  // of the broad kernel
    for (std::size_t i = 0; i < n; ++i) {
        Kernel kernel{age_weight(i, n), bandwidth, unit_of(space, points[i]), {}};
        for (const bool active : space.active(points[i]))
            kernel.uniform.push_back(!active);
        total += kernel.weight;
        kernels_.push_back(std::move(kernel));
    }
    // The broad kernel, a normal distribution as wide as the space.
    Kernel broad{1, 1, std::vector<double>(dimensions, 0.5), {}};
    for (const Parameter& parameter : space.parameters())
        broad.uniform.push_back(!parameter.ordered());
    kernels_.push_back(std::move(broad));
    for (Kernel& kernel : kernels_)
        kernel.weight /= total;
}

double ParzenEstimator::sample_axis(std::size_t i, const Kernel& kernel,
                                    RandomStream& random) const {
    const Parameter& parameter = space_.parameters()[i];
    if (kernel.uniform[i]) return random.uniform();
    if (!parameter.ordered()) {
        // The kernel's word, or any with the weight of one point among all.
        const double own = 1 / (1 + 1 / static_cast<double>(kernels_.size()));
        return random.uniform() < own ? kernel.center[i] : random.uniform();
    }
    // At least a third of all draws fall inside: the centre does, and the bandwidth is below 1.
    for (;;) {
        const double u = kernel.center[i] + kernel.bandwidth * random.normal();
        if (u >= 0 && u <= 1) return u;
    }
}

Point ParzenEstimator::sample(RandomStream& random) const {
    double left = random.uniform();
    std::size_t k = 0;
    while (k + 1 < kernels_.size() && left >= kernels_[k].weight)
        left -= kernels_[k++].weight;
    std::vector<double> u(space_.parameters().size());
    for (std::size_t i = 0; i < u.size(); ++i)
        u[i] = sample_axis(i, kernels_[k], random);
    return point_at(space_, u);
}

double ParzenEstimator::density_along(std::size_t i, const Kernel& kernel, double value) const {
    const Parameter& parameter = space_.parameters()[i];
    const bool discrete = parameter.kind != Parameter::Kind::real;
    if (!parameter.ordered()) {
        const double any = 1 / n_levels(parameter);
        if (kernel.uniform[i]) return any;
        const double other = 1 / static_cast<double>(kernels_.size());
        const bool own = unit_of(parameter, value) == kernel.center[i];
        return ((own ? 1 : 0) + other * any) / (1 + other);
    }
    const Cell cell = discrete ? cell_of(parameter, value) : Cell{0, 0};
    if (kernel.uniform[i]) return discrete ? cell.to - cell.from : 1;
    const auto cdf = [&](double u) {
        return standard_normal_cdf((u - kernel.center[i]) / kernel.bandwidth);
    };
    const double inside = cdf(1) - cdf(0);
    if (discrete) return (cdf(cell.to) - cdf(cell.from)) / inside;
    const double z = (unit_of(parameter, value) - kernel.center[i]) / kernel.bandwidth;
    return std::exp(-0.5 * z * z) / (kernel.bandwidth * std::sqrt(2 * std::numbers::pi) * inside);
}

double ParzenEstimator::log_density(const Point& point) const {
    const std::vector<bool> active = space_.active(point);
    std::vector<double> logs;
    for (const Kernel& kernel : kernels_) {
        double log = std::log(kernel.weight);
        for (std::size_t i = 0; i < space_.parameters().size(); ++i)
            if (active[i])
                log += std::log(density_along(i, kernel, point.at(space_.parameters()[i].name)));
        logs.push_back(log);
    }
    const double largest = *std::ranges::max_element(logs);
    if (largest == -std::numeric_limits<double>::infinity()) return largest;
    double sum = 0;
    for (const double log : logs)
        sum += std::exp(log - largest);
    return largest + std::log(sum);
}

}  // namespace manygpcm::search
