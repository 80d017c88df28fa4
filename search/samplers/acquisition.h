// Where a Gaussian process expects most improvement: the search for the maximum of an acquisition
// function over a space that is partly discrete.
#pragma once

#include <span>

#include "manygpcm/search/sampler.h"
#include "samplers/cost_model.h"
#include "samplers/gaussian_process.h"

namespace manygpcm::search {

/// A point and how good it is.
struct Candidate {
    Point point;
    double value;
};

/// The point of the largest log expected improvement (Ament et al. 2023) at full fidelity over the
/// best of what was tried, by the process' own mean there: noise and few epochs make the best score
/// itself a poor mark.
/// @param taken points that come last, as they were tried before
/// @param cost by which the expected improvement is divided; null: by nothing
Candidate most_promising(const Space& space, const GaussianProcess& process,
                         std::span<const Observation> told, std::span<const Point> taken,
                         RandomStream random, const CostModel* cost = nullptr);

}  // namespace manygpcm::search
