#include "base/workers.h"

#include <algorithm>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "manygpcm/kernels/cpu.h"
#include "training/guarded_source.h"

namespace manygpcm {

void run_workers(int threads, const std::function<void()>& work,
                 const std::function<void()>& failed) {
    std::mutex mutex;
    std::exception_ptr failure;
    const auto fail = [&](std::exception_ptr why) {
        const std::lock_guard lock(mutex);
        if (!failure) failure = std::move(why);
        failed();
    };
    const auto run = [&] {
        try {
            kernels::prepare_worker_thread();
            work();
        } catch (const SourceFailure& of_source) {
            fail(of_source.cause);
        } catch (...) {
            fail(std::current_exception());
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
