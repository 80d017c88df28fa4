// Runs the benchmarks on a thread prepared as the trainer's workers are.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include "manygpcm/kernels/cpu.h"
#include "roofline.h"

int main(int argc, char** argv) {
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
    manygpcm::kernels::prepare_worker_thread();
    const manygpcm::bench::MachineRates& rates = manygpcm::bench::machine_rates();
    benchmark::AddCustomContext("sgemm", fmt::format("{:.1f} GFLOP/s", rates.sgemm_gflops));
    benchmark::AddCustomContext("memcpy", fmt::format("{:.1f} GB/s", rates.memcpy_gbytes));
    benchmark::AddCustomContext("instruction set", manygpcm::kernels::instruction_sets().front());
    benchmark::RunSpecifiedBenchmarks();
    benchmark::Shutdown();
    return 0;
}
