// manygpcm doctor: what this machine and this build offer, and whether training works on it.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstring>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "commands.h"
#include "device_check.h"
#include "device_option.h"
#include "manygpcm/engine/models.h"
#include "manygpcm/kernels/cpu.h"
#include "options.h"
#include "tiny_training.h"

namespace manygpcm::cli {
namespace {

void print_machine() {
    fmt::print("{}\n\n", version_line);
    fmt::print("threads            {}\n", default_jobs());
    fmt::print("instruction sets   {}; in use {}\n", fmt::join(kernels::instruction_sets(), ", "),
               kernels::instruction_set());
    fmt::print("devices            {}\n\n", fmt::join(device_choices(), ", "));
    fmt::print("Highway            {}\n", HIGHWAY_VERSION);
    fmt::print("Eigen              {}\n", EIGEN_VERSION);
    fmt::print("CLI11              {}\n", CLI11_VERSION);
    fmt::print("nlohmann-json      {}.{}.{}\n", NLOHMANN_JSON_VERSION_MAJOR,
               NLOHMANN_JSON_VERSION_MINOR, NLOHMANN_JSON_VERSION_PATCH);
    fmt::print("fmt                {}.{}.{}\n\n", FMT_VERSION / 10000, FMT_VERSION / 100 % 100,
               FMT_VERSION % 100);
}

bool same_bits(const std::vector<float>& a, const std::vector<float>& b) {
    return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

/// Trains every model, on one thread and on two: the loss must fall where there is anything to
/// train, the weights must agree to the last bit.
bool self_test() {
    const TinyTraining one = train_tiny_models(1), two = train_tiny_models(2);
    bool passed = true;
    for (std::size_t i = 0; i < one.results.size(); ++i) {
        const double first = one.results[i].epochs.front().train_loss;
        const double last = one.results[i].epochs.back().train_loss;
        const bool falls = last < first || !is_trained(one.models[i]);
        const bool same =
            same_bits(one.results[i].model.parameters, two.results[i].model.parameters);
        fmt::print("{:<18} loss {:.4f} -> {:.4f}: {}; one thread and two: {}\n",
                   to_string(one.models[i]), first, last, falls ? "ok" : "DOESN'T FALL",
                   same ? "same bits" : "DIFFERENT WEIGHTS");
        passed = passed && falls && same;
    }
    fmt::print("self-test          {}\n", passed ? "passed" : "FAILED");
    return passed;
}

struct DoctorOptions {
    std::string device = "cpu";
    bool quiet = false;
};

}  // namespace

Command add_doctor(CLI::App& program) {
    const auto options = std::make_shared<DoctorOptions>();
    CLI::App* command = add_command(
        program, "doctor", "Show what this machine and build offer and test training on it.",
        options->quiet);
    command
        ->add_option("--device", options->device,
                     "cpu, or a GPU (cuda:0) to compare with the CPU and to measure")
        ->capture_default_str()
        ->type_name("NAME");
    return {command, [options] {
                if (options->device != "cpu") expect_device(options->device);
                print_machine();
                if (!self_test()) return 1;
                return options->device == "cpu" || check_device(options->device) ? 0 : 1;
            }};
}

}  // namespace manygpcm::cli
