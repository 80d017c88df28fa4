// Fits the process that the GP sampler would, and asks it what the sampler would.
#include "manygpcm/search/improvement_left.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <vector>

#include "samplers/acquisition.h"
#include "samplers/gp_encoding.h"

namespace manygpcm::search {
namespace {

constexpr std::size_t fewest_trials = 10, most_trials = 200;

std::vector<Observation> evenly_by_score(std::span<const Observation> told) {
    std::vector<Observation> sorted(told.begin(), told.end());
    std::ranges::stable_sort(sorted, std::greater(), &Observation::score);
    const std::size_t every = (sorted.size() + most_trials - 1) / most_trials;
    std::vector<Observation> kept;
    for (std::size_t i = 0; i < sorted.size(); i += every)
        kept.push_back(sorted[i]);
    return kept;
}

}  // namespace

std::optional<ImprovementLeft> improvement_left(const Space& space,
                                                std::span<const Observation> told,
                                                std::uint64_t seed) {
    if (space.parameters().empty() || told.size() < fewest_trials) return std::nullopt;
    const std::vector<Observation> kept = evenly_by_score(told);
    const EncodedTrials encoded = encode(space, kept);
    if (encoded.deviation == 0) return std::nullopt;
    const GpHyperparameters fitted = fit_gp(encoded.data);
    std::vector<Point> taken;
    for (const Observation& observation : kept)
        taken.push_back(observation.point);
    const Candidate next =
        most_promising(space, GaussianProcess(encoded.data, fitted), kept, taken,
                       RandomStream(seed, RandomUse::sampler, stream_id({told.size()})));
    return ImprovementLeft{.next_trial = encoded.deviation * std::exp(next.value),
                           .noise = encoded.deviation * std::exp(fitted.log_noise / 2),
                           .trials = static_cast<int>(kept.size())};
}

}  // namespace manygpcm::search
