// The devices that this build can train on, by name. Builds without CUDA have none.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "manygpcm/kernels/device.h"

namespace manygpcm::kernels {

/// "cuda:0", "cuda:1", ...: what open_device() takes on this machine.
std::vector<std::string> device_names();

/// A new stream of a device; see open_cuda_device().
/// @throws DeviceError where there is none of this name, with those that there are
std::unique_ptr<Device> open_device(const std::string& name, const DeviceOptions& options = {});

}  // namespace manygpcm::kernels
