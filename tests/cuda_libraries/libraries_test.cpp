// cuBLAS and cuDNN, which a program with CUDA loads when it calls them, not when it starts.
#include <cublas_v2.h>
#include <cudnn.h>
#include <gmock/gmock.h>

#include "manygpcm/kernels/device.h"

namespace manygpcm::kernels::cuda {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

// Names need no GPU.
template <class Name>
void expect_loaded_or_named(const Name& name, const char* success, const char* library) {
    try {
        EXPECT_STREQ(name(), success);
    } catch (const DeviceError& error) {  // where CUDA isn't installed
        EXPECT_THAT(error.what(), StartsWith(std::string("cannot load ") + library));
        EXPECT_THAT(error.what(), HasSubstr("LD_LIBRARY_PATH"));
    }
}

TEST(CudaLibraries, AreLoadedWhenCalledOrNamed) {
    expect_loaded_or_named([] { return cublasGetStatusName(CUBLAS_STATUS_SUCCESS); },
                           "CUBLAS_STATUS_SUCCESS", "libcublas.so.");
    expect_loaded_or_named([] { return cudnnGetErrorString(CUDNN_STATUS_SUCCESS); },
                           "CUDNN_STATUS_SUCCESS", "libcudnn.so.");
}

}  // namespace
}  // namespace manygpcm::kernels::cuda
