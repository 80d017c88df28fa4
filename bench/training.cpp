// Training at the published best's sizes on the sample data, in wall time, without validation.
// `training_step`: an optimizer step on 32 learners, from packing to Adam. `training_epoch`: 400
// learners; one replica on one thread. `two_replicas`: an epoch of two on two threads, against one
// on one in turns; `throughput_ratio` is 2 where threads don't get in each other's way.
#include <benchmark/benchmark.h>

#include <cstddef>
#include <numeric>
#include <vector>

#include "training_time.h"

namespace manygpcm::bench {
namespace {

const Dataset& sample_data() {
    static const Dataset dataset = read_dataset(MANYGPCM_DATA "/synthetic_500_200_4/train.txt");
    return dataset;
}

/// Mean seconds of an epoch of replicas side by side, a thread each.
double seconds_an_epoch(ModelKind model, std::size_t learners, int replicas, int epochs) {
    const std::vector<double> seconds =
        epoch_seconds(sample_data(), model, learners, replicas, replicas, epochs);
    return std::accumulate(seconds.begin(), seconds.end(), 0.0) /
           static_cast<double>(seconds.size());
}

/// An epoch over one batch is a step.
void training_step(benchmark::State& state, ModelKind model) {
    constexpr int steps = 10;
    const auto batch = static_cast<std::size_t>(published_best(model).batch_size);
    while (state.KeepRunning())
        state.SetIterationTime(seconds_an_epoch(model, batch, 1, steps));
}

void training_epoch(benchmark::State& state, ModelKind model) {
    while (state.KeepRunning())
        state.SetIterationTime(seconds_an_epoch(model, sample_data().train.size(), 1, 1));
}

void two_replicas(benchmark::State& state, ModelKind model) {
    const std::size_t learners = sample_data().train.size();
    double alone = 0, together = 0;
    while (state.KeepRunning()) {
        alone += seconds_an_epoch(model, learners, 1, 1);
        const double seconds = seconds_an_epoch(model, learners, 2, 1);
        together += seconds;
        state.SetIterationTime(seconds);
    }
    state.counters["throughput_ratio"] = 2 * alone / together;
}

void in_milliseconds(benchmark::internal::Benchmark* benchmark) {
    benchmark->UseManualTime()->Unit(benchmark::kMillisecond);
}

#define MANYGPCM_TRAINING_BENCHMARK(function)                                                 \
    BENCHMARK_CAPTURE(function, deep_gpcm, parse_model("deep_gpcm"))->Apply(in_milliseconds); \
    BENCHMARK_CAPTURE(function, attn_gpcm_learn, parse_model("attn_gpcm_learn"))              \
        ->Apply(in_milliseconds);                                                             \
    BENCHMARK_CAPTURE(function, attn_gpcm_linear, parse_model("attn_gpcm_linear"))            \
        ->Apply(in_milliseconds)

MANYGPCM_TRAINING_BENCHMARK(training_step);
MANYGPCM_TRAINING_BENCHMARK(training_epoch);
MANYGPCM_TRAINING_BENCHMARK(two_replicas);

}  // namespace
}  // namespace manygpcm::bench
