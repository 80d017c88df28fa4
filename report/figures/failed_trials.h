// Which trials failed, and why.
#pragma once

#include <string>
#include <vector>

#include "manygpcm/search/study.h"

namespace manygpcm::report {

/// Why a trial failed: what is on record, or what its epochs say. Empty for one that didn't fail,
/// and where nothing is known, as of a trial of Optuna's.
std::string failure_of(const search::Study& study, const search::Trial& trial);

/// Trials that failed for the same reason.
struct FailedTrials {
    std::string reason;
    std::vector<int> trials;  ///< numbers, from 1
};

/// By reason, in the order of the first trial of each; those of no known reason are left out.
std::vector<FailedTrials> failed_trials(const search::Study& study);

}  // namespace manygpcm::report
