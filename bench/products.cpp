// Our matrix products beside oneDNN's sgemm, where that is installed, at the shapes of the models:
// rates in GFLOP/s of one thread. `--benchmark_filter=product`.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <random>
#include <vector>

#include "cpu/gemm.h"

#ifdef MANYGPCM_ONEDNN
#include <dnnl.h>
#include <omp.h>
#endif

namespace manygpcm::bench {
namespace {

using kernels::Transpose;

struct Product {
    const char* what;
    int m, n, k;
    Transpose a, b;
};

constexpr auto plain = Transpose::no, transposed = Transpose::yes;
constexpr Product shapes[] = {
    {"forward", 512, 200, 64, plain, transposed},
    {"forward", 512, 128, 128, plain, transposed},
    {"forward", 300, 256, 200, plain, transposed},
    {"forward", 512, 64, 192, plain, transposed},
    {"address", 4000, 50, 64, plain, transposed},
    {"address", 2600, 20, 50, plain, transposed},
    {"weight_gradient", 200, 64, 512, transposed, plain},
    {"weight_gradient", 128, 128, 512, transposed, plain},
    {"weight_gradient", 64, 192, 512, transposed, plain},
    {"key_gradient", 50, 64, 4000, transposed, plain},
    {"input_gradient", 512, 64, 200, plain, plain},
    {"input_gradient", 512, 128, 128, plain, plain},
    {"input_gradient", 300, 200, 256, plain, plain},
};

std::vector<float> random_matrix(int rows, int columns) {
    std::mt19937 random(1);
    std::uniform_real_distribution<float> values(-1, 1);
    std::vector<float> matrix(static_cast<std::size_t>(rows) * static_cast<std::size_t>(columns));
    for (float& value : matrix)
        value = values(random);
    return matrix;
}

/// multiply(product, a, lda, b, ldb, c)
template <class Multiply>
void add_benchmark(const char* whose, const Product& p, Multiply multiply) {
    const auto run = [p, multiply](benchmark::State& state) {
        const auto a = random_matrix(p.m, p.k), b = random_matrix(p.k, p.n);
        std::vector<float> c = random_matrix(p.m, p.n);
        while (state.KeepRunning()) {
            multiply(p, a.data(), p.a == plain ? p.k : p.m, b.data(), p.b == plain ? p.n : p.k,
                     c.data());
            benchmark::ClobberMemory();
        }
        state.counters["GFLOP/s"] = benchmark::Counter(
            2e-9 * p.m * p.n * p.k, benchmark::Counter::kIsIterationInvariantRate);
    };
    benchmark::RegisterBenchmark(
        fmt::format("product/{}_{}x{}x{}/{}", p.what, p.m, p.n, p.k, whose).c_str(), run);
}

[[maybe_unused]] const bool added = [] {
    for (const Product& shape : shapes) {
        add_benchmark(
            "ours", shape,
            [](const Product& p, const float* a, int lda, const float* b, int ldb, float* c) {
                kernels::gemm<float>(p.a, p.b, p.m, p.n, p.k, a, lda, b, ldb,
                                     kernels::Write::replace, c, p.n);
            });
#ifdef MANYGPCM_ONEDNN
        add_benchmark(
            "oneDNN", shape,
            [](const Product& p, const float* a, int lda, const float* b, int ldb, float* c) {
                omp_set_num_threads(1);
                dnnl_sgemm(p.a == plain ? 'N' : 'T', p.b == plain ? 'N' : 'T', p.m, p.n, p.k, 1, a,
                           lda, b, ldb, 0, c, p.n);
            });
#endif
    }
    return true;
}();

}  // namespace
}  // namespace manygpcm::bench
