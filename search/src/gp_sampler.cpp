// One step of Bayesian optimization: encode what was told, fit, believe, maximize.
#include "gp_sampler.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <utility>
#include <vector>

#include "expected_improvement.h"
#include "manygpcm/search/unit_cube.h"
#include "random_sampler.h"
#include "sobol_sampler.h"

namespace manygpcm {
namespace {

using Eigen::Index;
using Eigen::VectorXd;

constexpr std::size_t n_startup = 10;
// The search for the maximum: points spread over the space, the best few of which climb.
constexpr int n_spread = 400, n_climbs = 8, n_steps = 120;
constexpr double largest_step = 0.2, smallest_step = 0.001;

/// A point as the process sees it. The last axis is fidelity, 0 for the most epochs.
VectorXd encode(const Space& space, const Point& point, double log_epochs_below_most) {
    const std::vector<double> u = unit_of(space, point);
    VectorXd x(static_cast<Index>(u.size()) + 1);
    for (std::size_t i = 0; i < u.size(); ++i)
        x[static_cast<Index>(i)] = u[i];
    x[x.size() - 1] = log_epochs_below_most;
    return x;
}

/// Scores with mean 0 and deviation 1. Very bad ones are raised to a fence below the quarter: how
/// bad they are would only hide how the good ones differ (Tukey 1977).
struct Standardized {
    VectorXd y;

    explicit Standardized(std::vector<double> scores) {
        std::vector<double> sorted = scores;
        std::ranges::sort(sorted);
        const double quarter = sorted[sorted.size() / 4], most = sorted[3 * sorted.size() / 4];
        const double fence = quarter - 1.5 * (most - quarter);
        for (double& score : scores)
            score = std::max(score, fence);
        y = Eigen::Map<const VectorXd>(scores.data(), static_cast<Index>(scores.size()));
        y.array() -= y.mean();
        const double deviation = std::sqrt(y.squaredNorm() / static_cast<double>(y.size()));
        if (deviation > 0) y /= deviation;
    }
};

GpData encode(const Space& space, const std::vector<Observation>& told) {
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
    for (const Parameter& parameter : space.parameters())
        data.categorical.push_back(!parameter.ordered());
    data.categorical.push_back(false);
    data.y = Standardized(std::move(scores)).y;
    return data;
}

/// A feasible neighbour: some axes moved by `step`, discrete ones to another value.
Point neighbour(const Space& space, const Point& point, double step, RandomStream& random) {
    std::vector<double> u = unit_of(space, point);
    const double share =
        std::max(2.0, 0.3 * static_cast<double>(u.size())) / static_cast<double>(u.size());
    const std::size_t always = random.below(u.size());
    for (std::size_t i = 0; i < u.size(); ++i) {
        if (i != always && random.uniform() >= share) continue;
        const Parameter& parameter = space.parameters()[i];
        if (!parameter.ordered()) {
            u[i] = random.uniform();
            continue;
        }
        const int levels = n_levels(parameter);
        // A step of less than a cell would leave a discrete value where it is.
        const double size = levels > 0 ? std::max(step, 1.0 / levels) : step;
        u[i] = std::clamp(u[i] + size * random.normal(), 0.0, 1.0);
    }
    Point next = point_at(space, u);
    return space.feasible(next) ? next : point;
}

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
    const GpData data = encode(space, told());
    if (n_fitted_ != told().size()) {
        fitted_ = fit_gp(data);
        n_fitted_ = told().size();
    }
    GaussianProcess process(data, fitted_);
    for (const Point& point : pending()) {
        const VectorXd x = encode(space, point, 0);
        process.add(x, process.predict(x).mean);
    }

    // Of what was tried, at full fidelity: noise and few epochs make the best score itself a poor
    // mark.
    struct Candidate {
        Point point;
        double value;
    };
    std::vector<Candidate> tried;
    for (const Observation& observation : told())
        tried.push_back(
            {observation.point, process.predict(encode(space, observation.point, 0)).mean});
    std::ranges::sort(tried, std::ranges::greater(), &Candidate::value);
    const double best = tried.front().value;
    const std::set<Point> taken(asked().begin(), asked().end());
    const auto value_of = [&](const Point& point) {
        // What was tried before comes last, but it comes where nothing else is left.
        if (taken.contains(point)) return -std::numeric_limits<double>::max();
        const auto prediction = process.predict(encode(space, point, 0));
        return log_expected_improvement(prediction.mean, std::sqrt(prediction.variance), best);
    };

    std::vector<Candidate> candidates;
    const auto consider = [&](Point point) {
        const double value = value_of(point);
        candidates.push_back({std::move(point), value});
    };
    for (int i = 0; i < n_spread; ++i)
        consider(random_point(space, random));
    for (std::size_t i = 0; i < std::min<std::size_t>(tried.size(), 5); ++i)
        for (const double step : {0.1, 0.03, 0.01})
            for (int repeat = 0; repeat < 5; ++repeat)
                consider(neighbour(space, tried[i].point, step, random));
    std::ranges::sort(candidates, std::ranges::greater(), &Candidate::value);
    candidates.resize(n_climbs);

    for (Candidate& candidate : candidates) {
        for (int i = 0; i < n_steps; ++i) {
            const double step = largest_step * std::pow(smallest_step / largest_step,
                                                        static_cast<double>(i) / (n_steps - 1));
            Point next = neighbour(space, candidate.point, step, random);
            if (next == candidate.point) continue;
            const double value = value_of(next);
            if (value > candidate.value) candidate = {std::move(next), value};
        }
    }
    return std::ranges::max_element(candidates, {}, &Candidate::value)->point;
}

}  // namespace manygpcm
