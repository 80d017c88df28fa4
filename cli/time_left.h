// How a sweep's line of progress says how long it will take.
#pragma once

#include <fmt/format.h>

#include <string>

#include "manygpcm/search/sweep.h"
#include "progress.h"

namespace manygpcm::cli {

/// A range where it makes a difference when patience ends the search, which nobody can know.
inline std::string time_left(const search::SweepProgress& state) {
    constexpr double same = 1.2;
    if (state.latest_left <= same * state.soonest_left)
        return fmt::format("{} left", format_duration(state.seconds_left));
    return fmt::format("{} to {} left", format_duration(state.soonest_left),
                       format_duration(state.latest_left));
}

}  // namespace manygpcm::cli
