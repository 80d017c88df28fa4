// One step of Bayesian optimization: encode what was told, fit, believe, maximize.
#include "gp_sampler.h"

#include <algorithm>
#include <cmath>

#include "acquisition.h"
#include "gp_encoding.h"
#include "sobol_sampler.h"

namespace manygpcm {
namespace {

using Eigen::VectorXd;

constexpr std::size_t n_startup = 10;
}  // namespace

GpSampler::GpSampler(const Space& space, std::uint64_t seed)
    : Sampler(space, seed), sequence_(static_cast<int>(space.parameters().size()), seed) {}

Point GpSampler::propose(RandomStream random) {
    const auto n_scores = std::ranges::count_if(
        told(), [](const Observation& observation) { return std::isfinite(observation.score); });
    if (asked().size() < n_startup || n_scores < 3) {
        for (; n_startup_proposed_ < asked().size(); ++n_startup_proposed_)
            next_feasible(this->space(), sequence_, next_index_);
        ++n_startup_proposed_;
        return next_feasible(this->space(), sequence_, next_index_);
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
