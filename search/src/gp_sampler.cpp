// One step of Bayesian optimization: encode what was told, fit, believe, maximize.
#include "gp_sampler.h"

#include <algorithm>
#include <cmath>

#include "acquisition.h"
#include "gp_encoding.h"
#include "manygpcm/search/unit_cube.h"

namespace manygpcm {
namespace {

using Eigen::VectorXd;

constexpr int n_startup = 10;

}  // namespace

GpSampler::GpSampler(const Space& space, std::uint64_t seed)
    : Sampler(space, seed),
      startup_(static_cast<int>(space.parameters().size()), n_startup, seed) {}

Point GpSampler::next_startup() {
    ++n_startup_proposed_;
    return first_feasible(space(),
                          [&] { return point_at(space(), startup_.point(next_index_++)); });
}

Point GpSampler::propose(RandomStream random) {
    const auto n_scores = std::ranges::count_if(
        told(), [](const Observation& observation) { return std::isfinite(observation.score); });
    if (asked().size() < n_startup || n_scores < 3) {
        while (n_startup_proposed_ < asked().size())
            next_startup();  // adopted points count as proposed
        return next_startup();
    }

    const Space& space = this->space();
    const GpData data = encode(space, told()).data;
    if (n_fitted_ != told().size()) {
        fitted_ = fit_gp(data);
        n_fitted_ = told().size();
    }
    GaussianProcess process(data, fitted_);
    for (const Point& point : pending()) {
        const VectorXd x = encode(space, point, 0);
        process.add(x, process.predict(x).mean);
    }

    return most_promising(space, process, told(), asked(), random).point;
}

}  // namespace manygpcm
