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

bool built_with_cuda() {
    return true;
}

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
    throw DeviceError("device " + name + ": " + device_complaint(name, true, count));
}

#else

bool built_with_cuda() {
    return false;
}

std::vector<std::string> device_names() {
    return {};
}

std::unique_ptr<Device> open_device(const std::string& name, const DeviceOptions&) {
    throw DeviceError("device " + name + ": " + device_complaint(name, false, 0));
}

#endif

}  // namespace manygpcm::kernels
