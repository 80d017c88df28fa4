// What a benchmark's work is and how near it comes to what the target can do. What counts as an
// operation and as a byte stands in kernels/work.h: a share may be low for arithmetic's sake, and
// above 100 % of a copy where the caches hold the arrays.
#include "operations.h"

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include "manygpcm/measure/sizes.h"

namespace manygpcm::bench {
namespace {

constexpr int calls_at_once = 16;  // between two looks at the clock

void run(benchmark::State& state, const measure::Operation& operation,
         const Hyperparameters& hyperparameters, const measure::Target& target,
         const measure::MachineRates& rates) {
    const kernels::Work work = operation.work(target.replicas, hyperparameters);
    const auto call = operation.set_up(target.backend, target.replicas, hyperparameters);
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

void register_operations(const measure::Target& target, const measure::MachineRates& rates) {
    constexpr ModelKind model = ModelKind::attn_gpcm_learn;
    const std::pair<const char*, Hyperparameters> sizes[] = {
        {"smallest", measure::smallest(model)},
        {"published_best", measure::published_best(model)},
        {"largest", measure::largest(model)}};
    for (const measure::Operation& operation : measure::operations())
        for (const auto& [name, hyperparameters] : sizes)
            benchmark::RegisterBenchmark(fmt::format("{}/{}", operation.name, name).c_str(),
                                         [&operation, hyperparameters = hyperparameters, target,
                                          rates](benchmark::State& state) {
                                             run(state, operation, hyperparameters, target, rates);
                                         })
                ->UseManualTime();
}

}  // namespace manygpcm::bench
