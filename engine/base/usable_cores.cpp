// Asks the kernel: std::thread::hardware_concurrency() counts the machine's.
#include "manygpcm/engine/detail/usable_cores.h"

#include <sched.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <thread>

namespace manygpcm {

int usable_cores() {
    // The set has to have room for all cores that the kernel was built for.
    constexpr int most_cores = 1 << 20;
    for (int room = 1024; room <= most_cores; room *= 2) {
        const auto free_set = [](cpu_set_t* set) { CPU_FREE(set); };
        const std::unique_ptr<cpu_set_t, decltype(free_set)> set(CPU_ALLOC(room), free_set);
        if (!set) break;
        const std::size_t bytes = CPU_ALLOC_SIZE(room);
        if (sched_getaffinity(0, bytes, set.get()) == 0)
            return std::max(1, CPU_COUNT_S(bytes, set.get()));
        if (errno != EINVAL) break;
    }
    return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

}  // namespace manygpcm
