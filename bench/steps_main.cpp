// manygpcm_steps: optimizer steps a second of cohorts of one, some and many replicas at the
// published best, on a GPU or on the CPU's threads, beside the least that a step can take
// (docs/cuda.md).
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <exception>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "device_profiler.h"
#include "manygpcm/engine/dataset.h"
#include "manygpcm/engine/detail/usable_cores.h"
#include "manygpcm/engine/error.h"
#include "manygpcm/engine/statistics.h"
#include "manygpcm/kernels/devices.h"
#include "training_time.h"

namespace manygpcm {
namespace {

struct Options {
    std::string device = "cpu", model = "attn_gpcm_learn";
    std::string data = MANYGPCM_DATA "/synthetic_500_200_4/train.txt";
    std::vector<int> replicas = {1, 16, 64, 250};
    int threads = usable_cores();
    int epochs = 3;
    bool tf32 = false;
    bool operations = false;
};

/// What trains: a device, or else the CPU's threads.
class Trainer {
  public:
    explicit Trainer(const Options& options) : options_(options) {
        if (options.device == "cpu") {
            rates_ = kernels::checks::machine_rates(kernels::checks::cpu_target());
            fmt::print("cpu, {} threads; the least at the rates of one", options.threads);
        } else {
            const auto device = open();
            rates_ = kernels::checks::machine_rates(kernels::checks::device_target(*device, 1));
            const kernels::DevicePeaks peaks = device->peaks();
            peaks_ = {.product = peaks.operations, .copy = peaks.bytes};
            fmt::print("{}; by its clocks and widths {}; the least at its rates",
                       device->description(), text(peaks_));
        }
        fmt::print(" ({})\n", text(rates_));
    }

    bool on_device() const { return options_.device != "cpu"; }
    /// As measured; of a thread, where it is the CPU.
    const kernels::checks::MachineRates& rates() const { return rates_; }
    /// What a device's clocks and widths would allow; 0 where that isn't known.
    const kernels::checks::MachineRates& peaks() const { return peaks_; }
    /// Replicas of which each has its own seconds; a cohort's replicas share them.
    int at_once(int replicas) const {
        return on_device() ? 1 : std::min(options_.threads, replicas);
    }
    std::vector<double> epoch_seconds(const Dataset& dataset, ModelKind model, std::size_t learners,
                                      int replicas) const {
        if (!on_device())
            return bench::epoch_seconds(dataset, model, learners, replicas, options_.threads,
                                        options_.epochs);
        const auto report = [](const std::string& plan) { fmt::print(stderr, "{}\n", plan); };
        return bench::epoch_seconds(dataset, model, learners, replicas,
                                    {.open = [this] { return open(); }, .report_plan = report},
                                    options_.epochs);
    }

    /// On a device alone.
    bench::DeviceProfile profile(const Dataset& dataset, ModelKind model, std::size_t learners,
                                 int replicas) const {
        bench::DeviceProfile profile;
        const auto open_profiled = [&] {
            return std::make_unique<bench::DeviceProfiler>(open(), profile);
        };
        bench::epoch_seconds(dataset, model, learners, replicas, {.open = open_profiled}, 1);
        return profile;
    }
    double empty_launches_seconds(std::size_t launches) const {
        return bench::empty_launches_seconds(*open(), launches);
    }

  private:
    static std::string text(const kernels::checks::MachineRates& rates) {
        return fmt::format("copy {:.1f} GB/s, product {:.1f} GFLOP/s", rates.copy * 1e-9,
                           rates.product * 1e-9);
    }
    std::unique_ptr<kernels::Device> open() const {
        return kernels::open_device(options_.device, {.tf32 = options_.tf32});
    }

    const Options& options_;
    kernels::checks::MachineRates rates_, peaks_;
};

/// Where a step of a cohort spends its time, operation by operation.
void print_operations(const Trainer& trainer, const bench::DeviceProfile& profile,
                      std::span<const kernels::WorkCounter::Entry> work) {
    fmt::print("{:<30} {:>5} {:>10} {:>12} {:>9} {:>7}\n", "operation", "calls", "ms",
               "ms at least", "reached", "share");
    double all = 0, linear = 0, grouped = 0;
    for (const auto& entry : profile.operations)
        all += entry.seconds;
    for (const auto& entry : profile.operations) {
        fmt::print("{:<30} {:>5} {:>10.3f}", entry.operation, entry.calls, 1e3 * entry.seconds);
        const auto counted =
            std::ranges::find(work, entry.operation, &kernels::WorkCounter::Entry::operation);
        if (counted == work.end()) {
            fmt::print(" {:>12} {:>9}", "", "");
        } else {
            const double least = kernels::checks::least_seconds(counted->work, trainer.rates());
            fmt::print(" {:>12.3f} {:>7.1f} %", 1e3 * least, 100 * least / entry.seconds);
        }
        fmt::print(" {:>5.1f} %\n", 100 * entry.seconds / all);
        if (entry.grouped_seconds > 0) {
            linear += entry.seconds;
            grouped += entry.grouped_seconds;
        }
    }
    const double step = quantile(profile.replays, 0.5);
    const double empty = trainer.empty_launches_seconds(profile.launches);
    fmt::print("step: {:.3f} ms as a recording, its operations one by one {:.3f} ms\n", 1e3 * step,
               1e3 * all);
    fmt::print("launches: {} a step, which take {:.3f} ms where they do nothing: {:.1f} %\n",
               profile.launches, 1e3 * empty, 100 * empty / step);
    fmt::print(
        "products: linear maps {:.3f} ms, by cuBLAS's grouped product {:.3f} ms: {:.2f} times\n",
        1e3 * linear, 1e3 * grouped, grouped / linear);
}

void run(const Options& options) {
    const ModelKind model = parse_model(options.model);
    const Hyperparameters hyperparameters = bench::published_best(model);
    const Dataset dataset = read_dataset(options.data);
    // Whole batches alone, and those that work is counted on.
    const int batches = bench::counted_batches(dataset, hyperparameters.batch_size);
    const auto learners =
        static_cast<std::size_t>(batches) * static_cast<std::size_t>(hyperparameters.batch_size);

    fmt::print(
        "{} at the published best's sizes, {} learners each; medians of {} epochs of {} "
        "steps\n",
        options.model, hyperparameters.batch_size, options.epochs, batches);
    const Trainer trainer(options);
    fmt::print("{:>8} {:>10} {:>16} {:>11} {:>12} {:>8}{}\n", "replicas", "steps/s",
               "replica steps/s", "ms a step", "ms at least", "reached",
               trainer.on_device() ? "   ms at least, clocks and widths" : "");
    std::fflush(stdout);  // what ends it early leaves what was said before
    for (const int replicas : options.replicas) {
        const auto work = bench::step_work(dataset, hyperparameters, replicas);
        const double seconds =
            quantile(trainer.epoch_seconds(dataset, model, learners, replicas), 0.5);
        const int at_once = trainer.at_once(replicas);
        const double step = seconds / batches * replicas / at_once;
        const double least = bench::least_seconds(work, trainer.rates()) / at_once;
        fmt::print("{:>8} {:>10.2f} {:>16.1f} {:>11.3f} {:>12.3f} {:>6.1f} %", replicas, 1 / step,
                   replicas / step, 1e3 * step, 1e3 * least, 100 * least / step);
        if (trainer.peaks().product > 0 && trainer.peaks().copy > 0)
            fmt::print(" {:>10.3f}", 1e3 * bench::least_seconds(work, trainer.peaks()));
        fmt::print("\n");
        if (options.operations)
            print_operations(trainer, trainer.profile(dataset, model, learners, replicas), work);
        std::fflush(stdout);
    }
}

}  // namespace
}  // namespace manygpcm

int main(int argc, char** argv) {
    manygpcm::Options options;
    CLI::App program("Optimizer steps a second of cohorts at the published best.");
    program.add_option("--device", options.device, "cpu, or a GPU (cuda:0)")->capture_default_str();
    program.add_option("--model", options.model)->capture_default_str();
    program.add_option("--data", options.data, "sequence text")->capture_default_str();
    program.add_option("--replicas", options.replicas, "sizes of the cohorts, in this order")
        ->delimiter(',')
        ->check(CLI::Range(1, 100000))
        ->capture_default_str();
    program.add_option("--threads", options.threads, "of the CPU")
        ->check(CLI::Range(1, 100000))
        ->capture_default_str();
    program.add_option("--epochs", options.epochs, "that count, after one that doesn't")
        ->check(CLI::Range(1, 100000))
        ->capture_default_str();
    program.add_flag("--operations", options.operations,
                     "on a GPU: what a step's operations, products and launches take");
    program.add_flag("--tf32", options.tf32, "on a GPU: products' factors rounded to 10 bits");
    try {
        program.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return program.exit(error) == 0 ? 0 : 2;
    }
    try {
        if (options.operations && options.device == "cpu")
            throw manygpcm::InputError("--operations: the device is cpu, expected a GPU");
        manygpcm::run(options);
        return 0;
    } catch (const manygpcm::InputError& error) {
        fmt::print(stderr, "manygpcm_steps: {}\n", error.what());
        return 2;
    } catch (const std::exception& error) {
        fmt::print(stderr, "manygpcm_steps: {}\n", error.what());
        return 1;
    }
}
