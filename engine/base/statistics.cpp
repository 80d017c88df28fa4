// Quantile and correlation.
#include "manygpcm/engine/statistics.h"

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <limits>

namespace manygpcm {
namespace {

bool varies(const std::vector<double>& values) {
    return std::ranges::any_of(values, [&](double value) { return value != values.front(); });
}

}  // namespace

double quantile(std::vector<double> values, double q) {
    std::ranges::sort(values);
    const double position = q * static_cast<double>(values.size() - 1);
    const auto below = static_cast<std::size_t>(position);
    const std::size_t above = std::min(below + 1, values.size() - 1);
    return std::lerp(values[below], values[above], position - static_cast<double>(below));
}

double pearson(const std::vector<double>& x, const std::vector<double>& y) {
    if (!varies(x) || !varies(y)) return std::numeric_limits<double>::quiet_NaN();
    const auto centred = [](const std::vector<double>& values) -> Eigen::ArrayXd {
        const Eigen::Map<const Eigen::ArrayXd> array(values.data(),
                                                     static_cast<Eigen::Index>(values.size()));
        return array - array.mean();
    };
    const Eigen::ArrayXd u = centred(x), v = centred(y);
    const double r = (u * v).sum() / std::sqrt(u.square().sum() * v.square().sum());
    return std::clamp(r, -1.0, 1.0);
}

}  // namespace manygpcm
