#include "device_option.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "manygpcm/engine/error.h"
#include "manygpcm/kernels/devices.h"
#include "options.h"

namespace manygpcm::cli {
namespace {

constexpr std::uint64_t max_streams = 64;  // beyond it is a slip of the hand

}  // namespace

void add_device_options(CLI::App& command, DeviceChoice& choice) {
    command
        .add_option("--device", choice.name,
                    "What trains: cpu, a GPU (cuda:0), or auto: a GPU if there is one")
        ->capture_default_str()
        ->type_name("NAME");
    command
        .add_option("--streams", choice.streams,
                    "On a GPU, what trains side by side; with more than one, roundings differ from "
                    "run to run")
        ->check(whole_number(1, max_streams))
        ->capture_default_str()
        ->type_name("N");
    command.add_flag(
        "--tf32", choice.tf32,
        "On a GPU, round the factors of matrix products to 10 bits: faster, less exact");
}

std::vector<std::string> device_choices() {
    std::vector<std::string> names = kernels::device_names();
    names.insert(names.begin(), "cpu");
    return names;
}

void expect_device(const std::string& name) {
    const std::vector<std::string> names = device_choices();
    if (std::ranges::find(names, name) == names.end())
        throw InputError(fmt::format("--device {}: not found; expected {}{}", name,
                                     fmt::join(names, " or "),
                                     names.size() == 1 ? " (no GPU that this build can use)" : ""));
}

void expect_choice(const DeviceChoice& choice) {
    if (choice.name != "auto") expect_device(choice.name);
}

std::optional<DeviceTraining> device_training(
    const DeviceChoice& choice, const std::function<void(const std::string&)>& report_plan) {
    std::string name = choice.name;
    if (name == "auto") {
        const std::vector<std::string> devices = kernels::device_names();
        name = devices.empty() ? "cpu" : devices.front();
    }
    expect_device(name);
    if (name == "cpu") return std::nullopt;
    const kernels::DeviceOptions options{.tf32 = choice.tf32};
    return DeviceTraining{.open = [=] { return kernels::open_device(name, options); },
                          .streams = choice.streams,
                          .report_plan = report_plan};
}

}  // namespace manygpcm::cli
