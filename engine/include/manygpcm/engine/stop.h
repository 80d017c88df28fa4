// A request to end, as long work sees it: a flag that a signal's handler or another thread sets.
#pragma once

#include <atomic>

#include "manygpcm/engine/error.h"

namespace manygpcm {

/// Null: nobody will ask. Work that may take more than a second looks at it several times a second,
/// at points where it can be left, and throws Interrupted. Results never depend on it.
using StopFlag = const std::atomic<bool>*;

/// Whether an end was asked for.
inline bool is_set(StopFlag stop) {
    return stop != nullptr && stop->load(std::memory_order_relaxed);
}

/// @throws Interrupted where it is set
inline void throw_if_set(StopFlag stop) {
    if (is_set(stop)) throw Interrupted("interrupted before it was done");
}

}  // namespace manygpcm
