#include "device_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "manygpcm/kernels/checks/parity.h"
#include "manygpcm/kernels/checks/timing.h"
#include "manygpcm/kernels/devices.h"
#include "tiny_training.h"

namespace manygpcm::cli {
namespace {

namespace checks = kernels::checks;

constexpr int timed_replicas = 50;  // ten trials on five folds: enough to fill a GPU, little memory
constexpr int timed_calls = 20;

/// A training loss on a device may differ from the CPU's by this share: both round, in other
/// orders.
constexpr double loss_tolerance = 1e-3;

bool compare_operations(kernels::Device& device) {
    bool passed = true;
    fmt::print("operations against the CPU's (largest difference, relative; {:g} passes)\n",
               checks::tolerance);
    for (const checks::Case& one : checks::all_cases()) {
        const checks::Result result = checks::compare(one, kernels::cpu_backend(), device);
        const checks::Comparison& worst = result.worst();
        fmt::print("  {:<44} {:<8.1e} {}\n", one.name, worst.error,
                   result.passed() ? "ok" : "DIFFERS in " + worst.array);
        passed = passed && result.passed();
    }
    return passed;
}

bool compare_training(const std::string& name) {
    const TinyTraining on_cpu = train_tiny_models(1);
    const TinyTraining on_device =
        train_tiny_models({.open = [&] { return kernels::open_device(name); }});
    bool passed = true;
    fmt::print("\ntraining against the CPU's\n");
    for (std::size_t i = 0; i < on_cpu.results.size(); ++i) {
        const double expected = on_cpu.results[i].epochs.back().train_loss;
        const double actual = on_device.results[i].epochs.back().train_loss;
        const bool same = std::abs(actual - expected) <= loss_tolerance * std::abs(expected);
        fmt::print("  {:<18} loss {:.5f}, on the CPU {:.5f}: {}\n", to_string(on_cpu.models[i]),
                   actual, expected, same ? "ok" : "DIFFERS");
        passed = passed && same;
    }
    return passed;
}

void print_rates(kernels::Device& device) {
    const checks::Target target = checks::device_target(device, timed_replicas);
    const checks::MachineRates rates = checks::machine_rates(target);
    const checks::ModelSizes& sizes = checks::published_best;
    fmt::print(
        "\nrates, {} replicas of attn_gpcm_learn at the published best's sizes\n"
        "  copy {:.0f} GB/s, product of large matrices {:.0f} GFLOP/s\n\n"
        "  {:<34} {:>9} {:>9} {:>7} {:>9} {:>10}\n",
        timed_replicas, rates.copy * 1e-9, rates.product * 1e-9, "operation", "µs", "GB/s",
        "% copy", "GFLOP/s", "% product");
    for (const checks::TimedOperation& operation : checks::timed_operations()) {
        const kernels::Work work = operation.work(timed_replicas, sizes);
        const auto call = operation.set_up(device, timed_replicas, sizes);
        call();
        const double seconds = target.seconds([&] {
            for (int i = 0; i < timed_calls; ++i)
                call();
        }) / timed_calls;
        const double bytes = work.bytes() / seconds, operations = work.operations / seconds;
        fmt::print("  {:<34} {:>9.1f} {:>9.1f} {:>7.0f} {:>9.1f} {:>10.0f}\n", operation.name,
                   seconds * 1e6, bytes * 1e-9, 100 * bytes / rates.copy, operations * 1e-9,
                   100 * operations / rates.product);
    }
}

}  // namespace

bool check_device(const std::string& name) {
    const auto device = kernels::open_device(name);
    fmt::print("{}: {}\n\n", name, device->description());
    const bool operations = compare_operations(*device);
    const bool training = compare_training(name);
    print_rates(*device);
    fmt::print("\n{} against the CPU  {}\n", name, operations && training ? "passed" : "FAILED");
    return operations && training;
}

}  // namespace manygpcm::cli
