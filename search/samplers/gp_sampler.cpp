// One step of Bayesian optimization: encode what was told, fit, believe, maximize.
#include "samplers/gp_sampler.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>
#include <span>
#include <utility>
#include <vector>

#include "manygpcm/search/unit_cube.h"
#include "samplers/acquisition.h"
#include "samplers/gp_encoding.h"
#include "samplers/random_sampler.h"

namespace manygpcm::search {
namespace {

// What a factorization takes grows with the cube of the observations: beyond so many some are left
// out, so that no ask takes longer than a few tenths of a second. A length scale needs fewer.
constexpr std::size_t most_observed = 256, most_fitted = 128;
// Beyond so many the process is fitted anew only when a tenth more are told.
constexpr std::size_t always_fitted = 64;

/// How many of `told` observations the process is fitted to: of that number alone, for a sweep that
/// goes on asks without having asked before.
std::size_t fitted_of(std::size_t told) {
    std::size_t fitted = std::min(told, always_fitted);
    while (fitted >= always_fitted && fitted + fitted / 10 <= told)
        fitted += fitted / 10;
    return fitted;
}

/// The best half of those that may be, for that is where the next point is sought, and the others
/// evenly by score, for what lies between; in the order told.
std::vector<Observation> few_of(std::span<const Observation> told, std::size_t most) {
    if (told.size() <= most) return {told.begin(), told.end()};
    std::vector<std::size_t> by_score(told.size());
    std::iota(by_score.begin(), by_score.end(), std::size_t{0});
    const auto score = [&](std::size_t i) {
        return std::isfinite(told[i].score) ? told[i].score
                                            : -std::numeric_limits<double>::infinity();
    };
    std::ranges::stable_sort(by_score, std::greater(), score);
    const std::size_t best = most / 2, others = most - best, rest = told.size() - best;
    std::vector<std::size_t> kept(by_score.begin(),
                                  by_score.begin() + static_cast<std::ptrdiff_t>(best));
    for (std::size_t i = 0; i < others; ++i)
        kept.push_back(by_score[best + i * rest / others]);
    std::ranges::sort(kept);
    std::vector<Observation> few;
    for (const std::size_t i : kept)
        few.push_back(told[i]);
    return few;
}

}  // namespace

GpSampler::GpSampler(const Space& space, std::uint64_t seed, const std::vector<Point>& first,
                     PointCost cost)
    : Sampler(space, seed, first),
      cost_(std::move(cost)),
      startup_(static_cast<int>(space.parameters().size()), n_startup, seed),
      startup_given_(first) {}

Point GpSampler::next_startup() {
    return startup_given_.next([&] {
        return first_feasible(space(),
                              [&] { return point_at(space(), startup_.point(next_index_++)); });
    });
}

bool GpSampler::starting() const {
    const auto n_scores = std::ranges::count_if(
        told(), [](const Observation& observation) { return std::isfinite(observation.score); });
    return asked().size() < n_startup || n_scores < 3;
}

std::optional<Origin> GpSampler::proposed_by() const {
    return starting() || by_chance() ? Origin::chance : Origin::scores;
}

Point GpSampler::propose(RandomStream random) {
    if (starting()) {
        while (startup_given_.size() < asked().size())
            next_startup();  // adopted points count as proposed
        return next_startup();
    }

    if (by_chance()) return new_point(ever_asked(), [&] { return random_point(space(), random); });

    const Space& space = this->space();
    const std::size_t left = most_observed - std::min(most_observed, pending().size());
    const std::vector<Observation> observed = few_of(told(), std::max(left, most_fitted));
    if (const std::size_t n = fitted_of(told().size()); n != n_fitted_) {
        fitted_ = fit_gp(encode(space, few_of(std::span(told()).first(n), most_fitted)).data);
        n_fitted_ = n;
    }
    GaussianProcess process(encode(space, observed).data, fitted_);
    for (const Point& point : pending())
        process.believe(encode(space, point, 0));

    if (cost_ && !cost_model_) cost_model_.emplace(space, cost_, seed());
    return most_promising(space, process, observed, asked(), random,
                          cost_model_ ? &*cost_model_ : nullptr)
        .point;
}

}  // namespace manygpcm::search
