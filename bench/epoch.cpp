// One training epoch of each model on the sample data, as a sweep runs it: every replica trains on
// 400 learners, replicas share the machine's cores. Time is wall time; replicas/s is what a sweep
// is made of.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <numeric>
#include <thread>
#include <vector>

#include "manygpcm/engine/dataset.h"
#include "manygpcm/engine/training.h"

namespace manygpcm {
namespace {

const Dataset& sample_data() {
    static const Dataset dataset = read_dataset(MANYGPCM_DATA "/synthetic_500_200_4");
    return dataset;
}

void train_one_epoch(benchmark::State& state, ModelKind model) {
    const Dataset& dataset = sample_data();
    const int n_replicas = static_cast<int>(state.range(0));
    const int threads = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));

    ReplicaSpec spec;
    spec.hyperparameters.model = model;
    spec.seed = 42;
    spec.train.resize(dataset.train.size());
    std::iota(spec.train.begin(), spec.train.end(), 0);
    std::vector<ReplicaSpec> replicas(n_replicas, spec);
    for (int i = 0; i < n_replicas; ++i)
        replicas[i].trial = i;

    for (auto _ : state)
        benchmark::DoNotOptimize(train_replicas(dataset.train, dataset.n_questions,
                                                dataset.n_categories, replicas, 1, threads));
    state.counters["threads"] = threads;
    state.counters["replicas/s"] = benchmark::Counter(
        static_cast<double>(state.iterations()) * n_replicas, benchmark::Counter::kIsRate);
}

// One replica, on one core; then more than most machines have cores.
void replica_counts(benchmark::internal::Benchmark* benchmark) {
    benchmark->ArgName("replicas")
        ->Arg(1)
        ->Arg(16)
        ->UseRealTime()
        ->MeasureProcessCPUTime()
        ->Unit(benchmark::kSecond);
}

BENCHMARK_CAPTURE(train_one_epoch, deep_gpcm, ModelKind::deep_gpcm)->Apply(replica_counts);
BENCHMARK_CAPTURE(train_one_epoch, attn_gpcm_learn, ModelKind::attn_gpcm_learn)
    ->Apply(replica_counts);
BENCHMARK_CAPTURE(train_one_epoch, attn_gpcm_linear, ModelKind::attn_gpcm_linear)
    ->Apply(replica_counts);

}  // namespace
}  // namespace manygpcm
