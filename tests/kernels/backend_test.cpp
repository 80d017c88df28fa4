// The CPU's memory as a backend gives it out: zeroed, aligned, copied to and from.
#include "manygpcm/kernels/backend.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

namespace manygpcm::kernels {
namespace {

TEST(CpuBackend, ArraysAreZeroedAndAligned) {
    for (const std::size_t size : {std::size_t{1}, std::size_t{63}, std::size_t{1} << 20}) {
        const BackendArray<float> array(cpu_backend(), size, "array");
        EXPECT_EQ(reinterpret_cast<std::uintptr_t>(array.data()) % 256, 0u);
        for (std::size_t i = 0; i < size; ++i)
            ASSERT_EQ(array.data()[i], 0.0f) << i;
    }
}

TEST(CpuBackend, CopiesBothWaysAndZeroesTheFirstElementsOfEveryReplica) {
    Backend& backend = cpu_backend();
    const BackendArray<float> array(backend, 6, "array");
    std::vector<float> values{1, 2, 3, 4, 5, 6};
    backend.upload(array.data(), values.data(), values.size() * sizeof(float));
    backend.zero(2, 2, {array.data(), 3});
    backend.download(values.data(), array.data(), values.size() * sizeof(float));
    EXPECT_EQ(values, (std::vector<float>{0, 0, 3, 0, 0, 6}));
}

}  // namespace
}  // namespace manygpcm::kernels
