// GPUs as devices. Only builds with CUDA have this (MANYGPCM_CUDA).
#pragma once

#include <memory>

#include "manygpcm/kernels/device.h"

namespace manygpcm::kernels {

/// GPUs that a driver offers; 0 where there is no driver.
int cuda_device_count();

/// A new stream of a GPU: devices opened on the same GPU run side by side.
/// @throws DeviceError where there is none with this number
std::unique_ptr<Device> open_cuda_device(int ordinal, const DeviceOptions& options = {});

}  // namespace manygpcm::kernels
