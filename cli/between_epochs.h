// What a sweep's line of progress says while no epoch ends.
#pragma once

#include <algorithm>

#include "manygpcm/search/sweep.h"

namespace manygpcm::cli {

/// What a state has become so many seconds after it was told: the time goes by that was said to be
/// left. An epoch that takes longer than was said doesn't bring the end nearer than half of it.
inline search::SweepProgress between_epochs(const search::SweepProgress& told, double seconds) {
    search::SweepProgress now = told;
    for (double* left : {&now.seconds_left, &now.soonest_left, &now.latest_left})
        *left = std::max(*left / 2, *left - seconds);
    if (told.seconds_left > 0)
        now.fraction = 1 - (1 - told.fraction) * now.seconds_left / told.seconds_left;
    return now;
}

}  // namespace manygpcm::cli
