#include "workers.h"

#include <algorithm>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include "manygpcm/kernels/cpu.h"

namespace manygpcm {

void run_workers(int threads, const std::function<void()>& work,
                 const std::function<void()>& failed) {
    std::mutex mutex;
    std::exception_ptr failure;
    const auto run = [&] {
        try {
            kernels::prepare_worker_thread();
            work();
        } catch (...) {
            const std::lock_guard lock(mutex);
            if (!failure) failure = std::current_exception();
            failed();
        }
    };
    {
        std::vector<std::jthread> workers;
        for (int w = 0; w < std::max(threads, 1); ++w)
            workers.emplace_back(run);
    }
    if (failure) std::rethrow_exception(failure);
}

}  // namespace manygpcm
