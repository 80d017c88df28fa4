#include "base/workers.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include "base/source_failure.h"
#include "manygpcm/kernels/cpu.h"

namespace manygpcm {

void run_workers(int threads, const Executor& executor, const std::function<void()>& work,
                 const std::function<void()>& failed) {
    std::mutex mutex;
    std::exception_ptr failure;
    const auto fail = [&](std::exception_ptr why) {
        const std::lock_guard lock(mutex);
        if (!failure) failure = std::move(why);
        failed();
    };
    std::atomic<bool> ran{false};
    const auto run = [&] {
        ran = true;
        try {
            const kernels::WorkerThread prepared;
            work();
        } catch (const SourceFailure& of_source) {
            fail(of_source.cause);
        } catch (...) {
            fail(std::current_exception());
        }
    };
    const int n = std::max(threads, 1);
    if (executor) {
        executor(n, run);
        if (!ran) throw std::logic_error("the executor returned and had called nothing");
    } else {
        std::vector<std::jthread> workers;
        for (int w = 0; w < n; ++w)
            workers.emplace_back(run);
    }
    if (failure) std::rethrow_exception(failure);
}

}  // namespace manygpcm
