#include "manygpcm/kernels/devices.h"

#ifdef MANYGPCM_CUDA
#include "manygpcm/kernels/cuda.h"
#endif

namespace manygpcm::kernels {

#ifdef MANYGPCM_CUDA

namespace {

std::string device_name(int ordinal) {
    return "cuda:" + std::to_string(ordinal);
}

}  // namespace

std::vector<std::string> device_names() {
    std::vector<std::string> names;
    for (int i = 0; i < cuda_device_count(); ++i)
        names.push_back(device_name(i));
    return names;
}

std::unique_ptr<Device> open_device(const std::string& name, const DeviceOptions& options) {
    const int count = cuda_device_count();
    for (int i = 0; i < count; ++i)
        if (name == device_name(i)) return open_cuda_device(i, options);
    throw DeviceError("device " + name + ": not found; " +
                      (count == 0 ? "this machine has no GPU that CUDA's driver offers"
                                  : "expected cuda:0 to " + device_name(count - 1)));
}

#else

std::vector<std::string> device_names() {
    return {};
}

std::unique_ptr<Device> open_device(const std::string& name, const DeviceOptions&) {
    throw DeviceError("device " + name + ": not found; this build has no engine for devices");
}

#endif

}  // namespace manygpcm::kernels
