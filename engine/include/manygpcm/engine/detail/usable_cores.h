// How many threads find a core of their own.
#pragma once

namespace manygpcm {

/// Cores that this process may run on, which srun, taskset or a container may have limited; at
/// least 1.
int usable_cores();

}  // namespace manygpcm
