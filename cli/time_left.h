// How a line of progress says how long it will take.
#pragma once

#include <fmt/format.h>

#include <string>

#include "progress.h"

namespace manygpcm::cli {

/// A range where it makes a difference when patience ends a search or a training, which nobody can
/// know. All in seconds.
inline std::string time_left(double expected, double soonest, double latest) {
    constexpr double same = 1.2;
    if (latest <= same * soonest) return fmt::format("{} left", format_duration(expected));
    return fmt::format("{} to {} left", format_duration(soonest), format_duration(latest));
}

}  // namespace manygpcm::cli
