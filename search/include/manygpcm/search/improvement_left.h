// Whether more trials would help, as a Gaussian process over those there are sees it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "manygpcm/search/sampler.h"

namespace manygpcm::search {

struct ImprovementLeft {
    double next_trial = 0;  ///< expected improvement of the most promising point, in score units
    double noise = 0;       ///< standard deviation of a score about the process, in score units
    int trials = 0;         ///< that the process was fitted to
};

/// The improvement is over the process' mean at the best point tried, so the luck in the best
/// score doesn't count. Of more than 200 trials the process sees 200, evenly spaced by score. None
/// for fewer than ten trials, or where all scores are equal.
std::optional<ImprovementLeft> improvement_left(const Space& space,
                                                std::span<const Observation> told,
                                                std::uint64_t seed);

}  // namespace manygpcm::search
