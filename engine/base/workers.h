// Threads that do the same work until there is no more.
#pragma once

#include <functional>

namespace manygpcm {

/// Runs `work` on so many threads, at least one, and waits for all. Rethrows the first exception,
/// of a SourceFailure its cause; `failed` is called for each, so that the other threads learn of
/// it.
void run_workers(int threads, const std::function<void()>& work,
                 const std::function<void()>& failed);

}  // namespace manygpcm
