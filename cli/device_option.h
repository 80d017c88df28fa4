// --device, --streams and --tf32: where replicas are trained.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "manygpcm/engine/training.h"

namespace manygpcm::cli {

struct DeviceChoice {
    std::string name = "auto";
    int streams = 1;
    bool tf32 = false;
};

void add_device_options(CLI::App& command, DeviceChoice& choice);

/// "cpu" and the GPUs of this machine that this build can train on.
std::vector<std::string> device_choices();

/// @throws InputError unless `name` is one of device_choices(), saying why it isn't
void expect_device(const std::string& name);

/// Tells on stderr where `auto` comes to the CPU and an option for GPUs was given.
/// @throws InputError unless the choice is `auto` or as expect_device() has it, and for an option
/// for GPUs beside `cpu`
void expect_choice(const DeviceChoice& choice);

/// Whether the choice comes to a GPU.
bool is_gpu(const DeviceChoice& choice);

/// How to train on the device that was chosen: `auto` is the first GPU where there is one. None: on
/// the CPU. @param report_plan hears which replicas train together
/// @throws InputError as expect_device()
std::optional<DeviceTraining> device_training(
    const DeviceChoice& choice, const std::function<void(const std::string&)>& report_plan);

}  // namespace manygpcm::cli
