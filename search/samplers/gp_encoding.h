// What was tried, as a Gaussian process sees it.
#pragma once

#include <span>
#include <vector>

#include "manygpcm/search/sampler.h"
#include "samplers/gaussian_process.h"

namespace manygpcm::search {

/// A point: the unit cube and, as the last axis, fidelity, 0 for the most epochs.
Eigen::VectorXd encode(const Space& space, const Point& point, double log_epochs_below_most);

/// Which of its axes have values that are equal or not, nothing between.
std::vector<bool> categorical_axes(const Space& space);

struct EncodedTrials {
    GpData data;       ///< scores with mean 0 and deviation 1
    double deviation;  ///< of the scores, in their own units; 0 where all are equal
};

/// Very bad scores are raised to a fence below the quarter: how bad they are would only hide how
/// the good ones differ (Tukey 1977). Failed trials score as the worst.
EncodedTrials encode(const Space& space, std::span<const Observation> told);

}  // namespace manygpcm::search
