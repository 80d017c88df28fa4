// A thread that works flushes denormals to zero, and is given back as it was.
#include <gtest/gtest.h>

#include <cfenv>
#include <limits>

#include "manygpcm/kernels/cpu.h"

namespace manygpcm::kernels {
namespace {

bool denormals_are_zero() {
    volatile float x = std::numeric_limits<float>::min();
    x = x / 2;
    return x == 0;
}

TEST(WorkerThread, FlushesDenormalsForAsLongAsItLives) {
    ASSERT_FALSE(denormals_are_zero());
    std::fesetround(FE_UPWARD);
    {
        const WorkerThread outer;
        EXPECT_TRUE(denormals_are_zero());
        {
            const WorkerThread inner;
            EXPECT_TRUE(denormals_are_zero());
        }
        EXPECT_TRUE(denormals_are_zero());
    }
    EXPECT_FALSE(denormals_are_zero());
    EXPECT_EQ(std::fegetround(), FE_UPWARD);
    std::fesetround(FE_TONEAREST);
}

}  // namespace
}  // namespace manygpcm::kernels
