// The sampler and the rungs of a sweep: those of a name, or the host's own.
#pragma once

#include <memory>
#include <vector>

#include "manygpcm/search/sweep.h"

namespace manygpcm::search {

/// @param settings  of the study; its space, seed and first points
/// @param cost  of a trial's epochs, for a sampler of ours that weighs it
/// @throws InputError for a name that is none, or is one of ours beside a sampler of the host's
/// own; for a maker that makes none
std::unique_ptr<Sampler> sampler_of(const SweepConfig& config, const Settings& settings,
                                    const PointCost& cost = {});

/// @throws InputError likewise; for rungs that don't ascend from 1 or more to the sweep's epochs
std::vector<int> rungs_of(const SweepConfig& config);

}  // namespace manygpcm::search
