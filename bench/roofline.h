// What a benchmark's work is and how near it comes to what this machine can do: counters GFLOP/s
// and GB/s, and what percentages these are of the rates of a matrix product and of a copy, measured
// at the program's start.
//
// Every benchmark says in a comment what it counts. Throughout: a multiply-add is two operations;
// an exponential, sigmoid, tanh, logarithm, division or square root is one, though it takes many
// instructions; integer work (random numbers, indices) is none. Bytes are those that any
// implementation must move: each input read once, each output written once, an array that is added
// to both. So a share may be low for arithmetic's sake and above 100 % of memcpy where the caches
// hold the arrays.
#pragma once

#include <benchmark/benchmark.h>

namespace manygpcm::bench {

/// Of one call. Element counts are of four-byte elements (floats, row numbers).
struct Work {
    double flops = 0;
    double read = 0, written = 0, added_to = 0;  ///< elements

    double bytes() const { return 4 * (read + written + 2 * added_to); }
};

/// One thread's rates on this machine.
struct MachineRates {
    double sgemm_gflops = 0;   ///< oneDNN's sgemm, 1024 x 1024 x 1024
    double memcpy_gbytes = 0;  ///< between buffers of 64 MiB, counted as read and written
};

/// Measured at the first call.
const MachineRates& machine_rates();

/// Processor seconds of the calling thread: unlike wall time they don't count other programs'
/// turns.
double thread_seconds();

/// Sets the counters of a benchmark whose iterations took so many seconds each.
void report(benchmark::State& state, const Work& work, double seconds);

/// Runs call() once to warm up, then as often as `state` asks for, and reports.
template <class Call>
void measure(benchmark::State& state, const Work& work, Call call) {
    call();
    const double start = thread_seconds();
    for (auto _ : state) {
        call();
        benchmark::ClobberMemory();
    }
    report(state, work, (thread_seconds() - start) / static_cast<double>(state.iterations()));
}

}  // namespace manygpcm::bench
