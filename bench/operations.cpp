// What a benchmark's work is and how near it comes to what the target can do. What counts as an
// operation and as a byte stands in kernels/work.h: a share may be low for arithmetic's sake, and
// above 100 % of a copy where the caches hold the arrays.
#include "operations.h"

#include <benchmark/benchmark.h>
#include <fmt/format.h>

namespace manygpcm::bench {
namespace {

constexpr int calls_at_once = 16;  // between two looks at the clock

void run(benchmark::State& state, const checks::TimedOperation& operation,
         const checks::ModelSizes& sizes, const checks::Target& target,
         const checks::MachineRates& rates) {
    const kernels::Work work = operation.work(target.replicas, sizes);
    const auto call = operation.set_up(target.backend, target.replicas, sizes);
    call();
    double seconds = 0;
    while (state.KeepRunningBatch(calls_at_once)) {
        const double batch = target.seconds([&] {
            for (int i = 0; i < calls_at_once; ++i) {
                call();
                benchmark::ClobberMemory();
            }
        });
        state.SetIterationTime(batch);
        seconds += batch;
    }
    seconds /= static_cast<double>(state.iterations());
    const double operations = work.operations / seconds, bytes = work.bytes() / seconds;
    state.counters["GFLOP/s"] = operations * 1e-9;
    state.counters["GB/s"] = bytes * 1e-9;
    state.counters["product%"] = 100 * operations / rates.product;
    state.counters["copy%"] = 100 * bytes / rates.copy;
}

}  // namespace

void register_operations(const checks::Target& target, const checks::MachineRates& rates) {
    static const std::pair<const char*, checks::ModelSizes> models[] = {
        {"smallest", checks::smallest},
        {"published_best", checks::published_best},
        {"largest", checks::largest}};
    for (const checks::TimedOperation& operation : checks::timed_operations())
        for (const auto& [name, sizes] : models)
            benchmark::RegisterBenchmark(
                fmt::format("{}/{}", operation.name, name).c_str(),
                [&operation, &sizes = sizes, target, rates](benchmark::State& state) {
                    run(state, operation, sizes, target, rates);
                })
                ->UseManualTime();
}

}  // namespace manygpcm::bench
