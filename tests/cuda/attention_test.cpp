#include "manygpcm/kernels/attention.h"

#include <cmath>

#include "cuda/cohort.h"

namespace manygpcm::kernels::testing {
namespace {

TEST(CudaAttention, LaterStepsCannotChangeASingleBit) {
    if (cuda_device_count() == 0) GTEST_SKIP() << "no GPU here";
    const auto device = open_cuda_device(0);
    const Lengths lengths{{{100}}};
    const AttentionShape shape{.width = 16, .heads = 2};
    constexpr int changed = 37;
    const auto y_with = [&](float later) {
        Cohort cohort(*device, lengths);
        const Rows sequences = cohort.sequences(), steps = cohort.steps();
        const RowIndex offsets = cohort.offsets();
        const std::size_t width = product(steps.capacity, shape.width);
        std::vector<float> qkv(3 * width);
        for (std::size_t i = 0; i < qkv.size(); ++i)
            qkv[i] = i < product(changed, 3 * shape.width)
                         ? static_cast<float>(cohort.random().normal())
                         : later;
        const PerReplica<float> y = cohort.normals(width),
                                log_sum_exp = cohort.normals(product(steps.capacity, shape.heads));
        device->run(AttentionForward<float>{sequences, steps, shape, offsets, nullptr,
                                            cohort.upload(qkv), y, log_sum_exp});
        return cohort.download<float>(y.data, product(changed, shape.width));
    };
    const std::vector<float> original = y_with(0.5f);
    for (const float later : {-1e30f, INFINITY, NAN})
        EXPECT_EQ(original, y_with(later)) << later;
}

TEST(CudaAttention, NamesHeadsThatAreTooWide) {
    if (cuda_device_count() == 0) GTEST_SKIP() << "no GPU here";
    const auto device = open_cuda_device(0);
    EXPECT_THROW(device->run(AttentionForward<float>{
                     {}, {}, {.width = 258, .heads = 2}, {}, nullptr, {}, {}, {}}),
                 DeviceError);
}

}  // namespace
}  // namespace manygpcm::kernels::testing
