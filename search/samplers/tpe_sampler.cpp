// TPE's step: split what was told, then take the best of candidates drawn around the good points.
#include "samplers/tpe_sampler.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <limits>
#include <map>
#include <numeric>
#include <vector>

#include "samplers/new_point.h"
#include "samplers/parzen_estimator.h"
#include "samplers/random_sampler.h"

namespace manygpcm::search {
namespace {

constexpr std::size_t n_candidates = 24, most_good = 25;
constexpr double good_share = 0.1;
// Of the others the newest: the oldest of more hardly have a weight, and a density is a sum over
// all.
constexpr std::ptrdiff_t most_others = 500;
// Draws after which a space is taken to have too few feasible points near the good ones.
constexpr std::size_t most_draws = 100 * n_candidates;

/// The highest number of epochs that as many points have as are drawn at random a score for; 0:
/// there is none.
int believed_epochs(const std::vector<Observation>& told) {
    std::map<int, std::size_t, std::greater<>> scores;
    for (const Observation& observation : told)
        if (std::isfinite(observation.score)) ++scores[observation.epochs];
    for (const auto& [epochs, n] : scores)
        if (n >= TpeSampler::n_startup) return epochs;
    return 0;
}

}  // namespace

std::optional<Origin> TpeSampler::proposed_by() const {
    return believed_epochs(told()) == 0 || by_chance() ? Origin::chance : Origin::scores;
}

Point TpeSampler::propose(RandomStream random) {
    const int epochs = believed_epochs(told());
    const auto random_new = [&] {
        return new_point(ever_asked(), [&] { return random_point(space(), random); });
    };
    if (proposed_by() == Origin::chance) return random_new();

    std::vector<const Observation*> scored;
    std::vector<Point> others;
    for (const Observation& observation : told()) {
        if (!std::isfinite(observation.score))
            others.push_back(observation.point);
        else if (observation.epochs == epochs)
            scored.push_back(&observation);
    }
    const auto n_good = std::min(
        static_cast<std::size_t>(std::ceil(good_share * static_cast<double>(scored.size()))),
        most_good);
    std::vector<std::size_t> by_score(scored.size());
    std::iota(by_score.begin(), by_score.end(), std::size_t{0});
    std::ranges::stable_sort(by_score, std::greater<>(),
                             [&](std::size_t i) { return scored[i]->score; });
    std::vector<bool> is_good(scored.size());
    for (std::size_t i = 0; i < n_good; ++i)
        is_good[by_score[i]] = true;
    std::vector<Point> good;
    for (std::size_t i = 0; i < scored.size(); ++i)
        (is_good[i] ? good : others).push_back(scored[i]->point);
    others.insert(others.end(), pending().begin(), pending().end());
    if (std::ssize(others) > most_others) others.erase(others.begin(), others.end() - most_others);

    const ParzenEstimator of_good(space(), good), of_others(space(), others);
    Point best;
    double best_ratio = -std::numeric_limits<double>::infinity();
    std::size_t candidates = 0;
    for (std::size_t draw = 0; draw < most_draws && candidates < n_candidates; ++draw) {
        Point point = of_good.sample(random);
        if (!space().feasible(point) || ever_asked().contains(point)) continue;
        ++candidates;
        const double ratio = of_good.log_density(point) - of_others.log_density(point);
        if (ratio > best_ratio) {
            best_ratio = ratio;
            best = std::move(point);
        }
    }
    return candidates > 0 ? best : random_new();
}

}  // namespace manygpcm::search
