// Runs the benchmarks: on the CPU, on a thread prepared as the trainer's workers are, or, with
// --device=cuda:0, on a GPU for --replicas=N at once (250 unless said otherwise: a sweep's).
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "manygpcm/kernels/cpu.h"
#include "manygpcm/kernels/devices.h"
#include "operations.h"

namespace manygpcm::bench {
namespace {

/// Takes `--name=value` out of the arguments.
std::string take(std::vector<char*>& arguments, std::string_view name, std::string otherwise) {
    const auto found = std::ranges::find_if(
        arguments, [&](std::string_view argument) { return argument.starts_with(name); });
    if (found == arguments.end()) return otherwise;
    std::string value(*found + name.size());
    arguments.erase(found);
    return value;
}

int run(std::vector<char*> arguments) {
    const std::string name = take(arguments, "--device=", "cpu");
    const std::string replicas = take(arguments, "--replicas=", "250");
    int n_replicas = 0;
    std::from_chars(replicas.data(), replicas.data() + replicas.size(), n_replicas);
    if (n_replicas < 1) {
        fmt::print(stderr, "--replicas={}: expected a whole number from 1\n", replicas);
        return 2;
    }
    int n_arguments = static_cast<int>(arguments.size());
    benchmark::Initialize(&n_arguments, arguments.data());
    if (benchmark::ReportUnrecognizedArguments(n_arguments, arguments.data())) return 2;

    const kernels::WorkerThread prepared;
    std::unique_ptr<kernels::Device> device;
    if (name != "cpu") device = kernels::open_device(name);
    const checks::Target target =
        device ? checks::device_target(*device, n_replicas) : checks::cpu_target();
    const checks::MachineRates rates = checks::machine_rates(target);
    benchmark::AddCustomContext("product", fmt::format("{:.1f} GFLOP/s", rates.product * 1e-9));
    benchmark::AddCustomContext("copy", fmt::format("{:.1f} GB/s", rates.copy * 1e-9));
    benchmark::AddCustomContext(
        "target", device ? fmt::format("{}, {} replicas", device->description(), n_replicas)
                         : "cpu, " + kernels::instruction_set());
    register_operations(target, rates);
    benchmark::RunSpecifiedBenchmarks();
    benchmark::Shutdown();
    return 0;
}

}  // namespace
}  // namespace manygpcm::bench

int main(int argc, char** argv) {
    try {
        return manygpcm::bench::run({argv, argv + argc});
    } catch (const std::exception& error) {
        fmt::print(stderr, "manygpcm_bench: {}\n", error.what());
        return 1;
    }
}
