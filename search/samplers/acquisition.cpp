// Points spread over the space, the best few of which climb.
#include "samplers/acquisition.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "manygpcm/search/unit_cube.h"
#include "samplers/expected_improvement.h"
#include "samplers/gp_encoding.h"
#include "samplers/random_sampler.h"

namespace manygpcm::search {
namespace {

constexpr int n_spread = 400, n_climbs = 8, n_steps = 120;
constexpr double largest_step = 0.2, smallest_step = 0.001;

/// A feasible neighbour of the point at u: some axes moved by `step`, discrete ones to another
/// value. None, if what comes of that isn't feasible.
std::optional<Point> neighbour(const Space& space, std::vector<double> u, double step,
                               RandomStream& random) {
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
        const double levels = n_levels(parameter);
        // A step of less than a cell would leave a discrete value where it is.
        const double size = levels > 0 ? std::max(step, 1.0 / levels) : step;
        u[i] = std::clamp(u[i] + size * random.normal(), 0.0, 1.0);
    }
    Point next = point_at(space, u);
    if (!space.feasible(next)) return std::nullopt;
    return next;
}

}  // namespace

Candidate most_promising(const Space& space, const GaussianProcess& process,
                         std::span<const Observation> told, std::span<const Point> taken,
                         RandomStream random, const CostModel* cost) {
    std::vector<Candidate> tried;
    for (const Observation& observation : told)
        tried.push_back({observation.point, process.mean(encode(space, observation.point, 0))});
    std::ranges::sort(tried, std::ranges::greater(), &Candidate::value);
    const double best = tried.front().value;
    const auto less = [](const Point* a, const Point* b) { return *a < *b; };
    std::set<const Point*, decltype(less)> tried_before(less);
    for (const Point& point : taken)
        tried_before.insert(&point);
    const auto value_of = [&](const Point& point) {
        // What was tried before comes last, but it comes where nothing else is left.
        if (tried_before.contains(&point)) return -std::numeric_limits<double>::max();
        const Eigen::VectorXd x = encode(space, point, 0);
        const auto prediction = process.predict(x);
        return log_expected_improvement(prediction.mean, std::sqrt(prediction.variance), best) -
               (cost != nullptr ? cost->log_cost(x) : 0);
    };

    std::vector<Candidate> candidates;
    const auto consider = [&](Point point) {
        const double value = value_of(point);
        candidates.push_back({std::move(point), value});
    };
    for (int i = 0; i < n_spread; ++i)
        consider(random_point(space, random));
    for (std::size_t i = 0; i < std::min<std::size_t>(tried.size(), 5); ++i) {
        const std::vector<double> u = unit_of(space, tried[i].point);
        for (const double step : {0.1, 0.03, 0.01})
            for (int repeat = 0; repeat < 5; ++repeat)
                if (auto next = neighbour(space, u, step, random)) consider(std::move(*next));
    }
    std::ranges::sort(candidates, std::ranges::greater(), &Candidate::value);
    candidates.resize(n_climbs);

    for (Candidate& candidate : candidates) {
        std::vector<double> u = unit_of(space, candidate.point);
        for (int i = 0; i < n_steps; ++i) {
            const double step = largest_step * std::pow(smallest_step / largest_step,
                                                        static_cast<double>(i) / (n_steps - 1));
            std::optional<Point> next = neighbour(space, u, step, random);
            if (!next || *next == candidate.point) continue;
            const double value = value_of(*next);
            if (value <= candidate.value) continue;
            candidate = {std::move(*next), value};
            u = unit_of(space, candidate.point);
        }
    }
    return *std::ranges::max_element(candidates, {}, &Candidate::value);
}

}  // namespace manygpcm::search
