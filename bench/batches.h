// What the operations' benchmarks run on: arrays of one replica and a packed batch like the sample
// dataset's.
#pragma once

#include <benchmark/benchmark.h>

#include <cstdlib>
#include <memory>

#include "batch.h"
#include "manygpcm/kernels/replicas.h"
#include "sizes.h"

namespace manygpcm::bench {

constexpr int n_questions = 200, n_categories = 4;

/// 32 learners with 100 to 200 random steps each: about 4,800 steps, all questions among them.
const PackedBatch& sample_batch();

/// Rows of the sample batch.
int count(RowKind kind);

/// Elements of an array [rows, width].
inline double elements(int rows, int width) {
    return static_cast<double>(rows) * width;
}

/// One replica's array [rows, width], aligned to a cache line and filled with random numbers.
class Array {
  public:
    Array(int rows, int width) : Array(rows, width, -1, 1) {}
    /// Uniform between the bounds.
    Array(int rows, int width, float low, float high);

    float* data() { return data_.get(); }
    operator kernels::PerReplica<float>() { return {data_.get(), 0}; }
    operator kernels::PerReplica<const float>() const { return {data_.get(), 0}; }

  private:
    struct Free {
        void operator()(float* p) const { std::free(p); }
    };
    std::unique_ptr<float[], Free> data_;
};

}  // namespace manygpcm::bench

/// Registers void function(benchmark::State&, const Hyperparameters&) at the three sizes.
#define MANYGPCM_BENCHMARK(function)                                                              \
    BENCHMARK_CAPTURE(function, smallest, manygpcm::bench::smallest(ModelKind::attn_gpcm_learn)); \
    BENCHMARK_CAPTURE(function, published_best,                                                   \
                      manygpcm::bench::published_best(ModelKind::attn_gpcm_learn));               \
    BENCHMARK_CAPTURE(function, largest, manygpcm::bench::largest(ModelKind::attn_gpcm_learn))
