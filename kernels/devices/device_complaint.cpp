// What is wrong with a device's name: another answer for a slip of the hand, a build without CUDA,
// a machine without a GPU and one with fewer.
#include <string_view>

#include "manygpcm/kernels/devices.h"

namespace manygpcm::kernels {
namespace {

/// Whether the name is "cuda:" and a number as device_names() writes it.
bool names_a_gpu(const std::string& name) {
    constexpr std::string_view prefix = "cuda:";
    if (!name.starts_with(prefix)) return false;
    const std::string_view number = std::string_view(name).substr(prefix.size());
    return !number.empty() && number.find_first_not_of("0123456789") == number.npos &&
           (number == "0" || number.front() != '0');
}

}  // namespace

std::string device_complaint(const std::string& name, bool with_cuda, int n_gpus) {
    if (!names_a_gpu(name))
        return "is no device; expected cpu, a GPU by its number (cuda:0, cuda:1, ...) or, to "
               "train, auto";
    if (!with_cuda)
        return "this build has no CUDA; expected cpu, or a build for GPUs: cmake "
               "-DMANYGPCM_CUDA=ON, which takes a CUDA toolkit and cuDNN";
    if (n_gpus == 0)
        return "there is no NVIDIA driver here, or no GPU that it offers; expected cpu, or a GPU "
               "that nvidia-smi lists";
    for (int i = 0; i < n_gpus; ++i)
        if (name == "cuda:" + std::to_string(i)) return "";
    if (n_gpus == 1) return "there is one GPU; expected cuda:0";
    return "there are " + std::to_string(n_gpus) +
           " GPUs; expected cuda:0 to cuda:" + std::to_string(n_gpus - 1);
}

}  // namespace manygpcm::kernels
