#include "device_option.h"

#include <fmt/format.h>

#include "manygpcm/engine/error.h"
#include "manygpcm/kernels/devices.h"
#include "options.h"
#include "output.h"

namespace manygpcm::cli {
namespace {

constexpr std::uint64_t max_streams = 64;  // beyond it is a slip of the hand

/// What `auto` comes to on this machine; any other name is itself.
std::string resolved(const std::string& name) {
    if (name != "auto") return name;
    const std::vector<std::string> devices = kernels::device_names();
    return devices.empty() ? "cpu" : devices.front();
}

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
    if (name == "cpu") return;
    const std::string complaint = kernels::device_complaint(
        name, kernels::built_with_cuda(), static_cast<int>(kernels::device_names().size()));
    if (!complaint.empty()) throw InputError(fmt::format("--device {}: {}", name, complaint));
}

void expect_choice(const DeviceChoice& choice) {
    if (choice.name != "auto") expect_device(choice.name);
    if (resolved(choice.name) != "cpu") return;
    const auto refuse_or_tell = [&](const std::string& option) {
        if (choice.name == "cpu")
            throw InputError(
                fmt::format("{}: acts on a GPU only and --device is cpu; expected "
                            "--device cuda:0, or no {}",
                            option, option.substr(0, option.find(' '))));
        tell({fmt::format("{}: has no effect, as the CPU trains for want of a GPU", option)});
    };
    if (choice.tf32) refuse_or_tell("--tf32");
    if (choice.streams > 1) refuse_or_tell(fmt::format("--streams {}", choice.streams));
}

bool is_gpu(const DeviceChoice& choice) {
    return resolved(choice.name) != "cpu";
}

std::optional<DeviceTraining> device_training(
    const DeviceChoice& choice, const std::function<void(const std::string&)>& report_plan) {
    const std::string name = resolved(choice.name);
    expect_device(name);
    if (name == "cpu") return std::nullopt;
    const kernels::DeviceOptions options{.tf32 = choice.tf32};
    return DeviceTraining{.open = [=] { return kernels::open_device(name, options); },
                          .streams = choice.streams,
                          .report_plan = report_plan};
}

}  // namespace manygpcm::cli
