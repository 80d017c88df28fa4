// The devices that this build can train on, by name. Builds without CUDA have none.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "manygpcm/kernels/device.h"

namespace manygpcm::kernels {

/// Whether this build has an engine for NVIDIA GPUs.
bool built_with_cuda();

/// "cuda:0", "cuda:1", ...: what open_device() takes on this machine.
std::vector<std::string> device_names();

/// Why a build with or without CUDA can't open the device of this name on a machine with `n_gpus`,
/// and what is expected; empty where it can.
std::string device_complaint(const std::string& name, bool with_cuda, int n_gpus);

/// A new stream of a device; see open_cuda_device().
/// @throws DeviceError where there is none of this name, with device_complaint()
std::unique_ptr<Device> open_device(const std::string& name, const DeviceOptions& options = {});

}  // namespace manygpcm::kernels
