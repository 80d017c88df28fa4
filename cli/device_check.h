// What the doctor does on a device: compares every operation with the CPU's, trains on both, and
// measures how near each operation comes to what the device can do.
#pragma once

#include <string>

namespace manygpcm::cli {

/// Prints what it finds. @return whether everything agreed @throws kernels::DeviceError
bool check_device(const std::string& name);

}  // namespace manygpcm::cli
