// Every operation of the CUDA engine against the CPU's. Compiled twice: for the GPUs that a machine
// has, and for the emulated one, which also reports every misuse.
#ifdef MANYGPCM_CUDA
#include <gtest/gtest.h>

#include "case_names.h"
#include "manygpcm/kernels/checks/parity.h"
#include "manygpcm/kernels/cuda.h"

#ifdef MANYGPCM_CUDA_EMULATED
#include <cuda_emulation/control.h>
#endif

namespace manygpcm::kernels::checks {
namespace {

void shuffle_blocks() {
#ifdef MANYGPCM_CUDA_EMULATED
    cuda_emulation::shuffle_blocks(7);
#endif
}

class CudaParity : public testing::TestWithParam<Case> {
  protected:
    void SetUp() override {
        if (cuda_device_count() == 0) GTEST_SKIP() << "there is no GPU";
#ifdef MANYGPCM_CUDA_EMULATED
        cuda_emulation::reset();
    }
    void TearDown() override {
        EXPECT_EQ(cuda_emulation::last_report(), "");
        EXPECT_EQ(cuda_emulation::leaks(), "");
#endif
    }
};

TEST_P(CudaParity, ComputesWhatTheCpuDoes) {
    const auto device = open_cuda_device(0);
    const Result result = compare(GetParam(), cpu_backend(), *device);
    for (const Comparison& comparison : result.comparisons)
        EXPECT_TRUE(comparison.passed)
            << comparison.array << ": off by " << comparison.error << " of the largest value";
}

/// In whatever order the blocks run: the emulation draws one for the second run.
TEST_P(CudaParity, GivesTheSameBitsTwice) {
    const auto device = open_cuda_device(0);
    int runs = 0;
    const Case twice{GetParam().name, [&](checks::Run& run) {
                         if (++runs == 2) shuffle_blocks();
                         GetParam().body(run);
                     }};
    const Result result = compare(twice, *device, *device);
    for (const Comparison& comparison : result.comparisons)
        EXPECT_EQ(comparison.error, 0) << comparison.array;
}

INSTANTIATE_TEST_SUITE_P(All, CudaParity, testing::ValuesIn(all_cases()), test_name);

}  // namespace
}  // namespace manygpcm::kernels::checks
#endif
