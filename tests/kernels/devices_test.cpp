// What is said of a device that can't be had.
#include "manygpcm/kernels/devices.h"

#include <gtest/gtest.h>

#include <string>

namespace manygpcm::kernels {
namespace {

TEST(Devices, TellASlipOfTheHandFromABuildWithoutCudaAndAMachineWithoutGpus) {
    constexpr bool with_cuda = true, without_cuda = false;
    for (const char* name : {"tpu", "cuda", "cuda:", "cuda:x", "cuda:00", "cuda:-1", "CUDA:0", ""})
        for (const bool build : {with_cuda, without_cuda})
            EXPECT_EQ(device_complaint(name, build, 2),
                      "is no device; expected cpu, a GPU by its number (cuda:0, cuda:1, ...) or, "
                      "to train, auto")
                << name;
    EXPECT_EQ(device_complaint("cuda:0", without_cuda, 0),
              "this build has no CUDA; expected cpu, or a build for GPUs: cmake "
              "-DMANYGPCM_CUDA=ON, which takes a CUDA toolkit and cuDNN");
    EXPECT_EQ(device_complaint("cuda:0", with_cuda, 0),
              "there is no NVIDIA driver here, or no GPU that it offers; expected cpu, or a GPU "
              "that nvidia-smi lists");
    EXPECT_EQ(device_complaint("cuda:1", with_cuda, 1), "there is one GPU; expected cuda:0");
    EXPECT_EQ(device_complaint("cuda:99999999999", with_cuda, 2),
              "there are 2 GPUs; expected cuda:0 to cuda:1");
    EXPECT_EQ(device_complaint("cuda:1", with_cuda, 2), "");
}

TEST(Devices, OpeningOneThatIsNotThereSaysWhy) {
    try {
        open_device("tpu");
        ADD_FAILURE() << "opened a tpu";
    } catch (const DeviceError& error) {
        EXPECT_EQ(std::string(error.what()).substr(0, 26), "device tpu: is no device; ");
    }
}

}  // namespace
}  // namespace manygpcm::kernels
