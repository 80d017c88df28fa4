// Rates are those of the fastest of ten calls, in processor time: what the machine can do, however
// busy it is.
#include "roofline.h"

#include <dnnl.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <ctime>
#include <limits>
#include <vector>

namespace manygpcm::bench {
namespace {

/// Seconds of the fastest of several calls, after one that isn't counted.
template <class Call>
double fastest(int calls, Call call) {
    call();
    double best = std::numeric_limits<double>::infinity();
    for (int i = 0; i < calls; ++i) {
        const double start = thread_seconds();
        call();
        benchmark::ClobberMemory();
        best = std::min(best, thread_seconds() - start);
    }
    return best;
}

MachineRates measure_machine() {
    constexpr int calls = 10;
    constexpr int n = 1024;
    constexpr std::size_t matrix = std::size_t{n} * n;
    const std::vector<float> a(matrix, 0.5f), b(matrix, 0.25f);
    std::vector<float> c(matrix);
    const double sgemm = fastest(calls, [&] {
        dnnl_sgemm('N', 'N', n, n, n, 1.0f, a.data(), n, b.data(), n, 0.0f, c.data(), n);
    });
    constexpr std::size_t buffer = std::size_t{64} << 20;
    const std::vector<char> from(buffer, 1);
    std::vector<char> to(buffer);
    const double copy = fastest(calls, [&] { std::memcpy(to.data(), from.data(), buffer); });
    return {2.0 * n * matrix / sgemm * 1e-9, 2.0 * buffer / copy * 1e-9};
}

}  // namespace

double thread_seconds() {
    std::timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

const MachineRates& machine_rates() {
    static const MachineRates rates = measure_machine();
    return rates;
}

void report(benchmark::State& state, const Work& work, double seconds) {
    const double gflops = work.flops / seconds * 1e-9, gbytes = work.bytes() / seconds * 1e-9;
    state.counters["GFLOP/s"] = gflops;
    state.counters["GB/s"] = gbytes;
    state.counters["sgemm%"] = 100 * gflops / machine_rates().sgemm_gflops;
    state.counters["memcpy%"] = 100 * gbytes / machine_rates().memcpy_gbytes;
}

}  // namespace manygpcm::bench
