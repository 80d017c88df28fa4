// Threads that do the same work until there is no more.
#pragma once

#include <functional>

#include "manygpcm/engine/context.h"

namespace manygpcm {

/// Runs `work` on so many threads, at least one, prepared for kernels, and waits for all. Rethrows
/// the first exception, of a SourceFailure its cause; `failed` is called for each, so that the
/// other threads learn of it.
/// @param executor  whose threads; empty: ones of their own
/// @throws what the executor throws; std::logic_error where it called nothing
void run_workers(int threads, const Executor& executor, const std::function<void()>& work,
                 const std::function<void()>& failed);

}  // namespace manygpcm
