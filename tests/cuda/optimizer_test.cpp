#include <gtest/gtest.h>

#include <limits>

#include "cuda/cohort.h"
#include "manygpcm/kernels/adam.h"

namespace manygpcm::kernels::testing {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

TEST(CudaAdam, TakesTheStepsOfTheCpu) {
    if (cuda_device_count() == 0) GTEST_SKIP() << "no GPU here";
    const auto device = open_cuda_device(0);
    const std::vector<AdamConfig> configs{
        {.lr = 0.01, .weight_decay = 0.1, .grad_clip = 0.5},
        {.lr = 0.02, .weight_decay = 0.1, .decoupled = true, .grad_clip = 1e9, .warmup_steps = 3}};
    for (const std::size_t size : {1, 1002, 20004})
        for (const std::size_t pad : {0, 4}) {
            SCOPED_TRACE(size);
            Cohort cohort(*device, {{{1}, {1}}});
            std::vector<OptimizerState> states{{.config = configs[0]}, {.config = configs[1]}};
            OptimizerState* const on_device = cohort.upload(states).data;
            double* const loss = cohort.upload(std::vector{1.5, 2.5}).data;
            const PerReplica<float> p = cohort.normals(size, pad),
                                    m = cohort.floats(size, pad, [] { return 0; }),
                                    v = cohort.floats(size, pad, [] { return 0; });
            auto expected_p = cohort.download(p, size), expected_m = cohort.download(m, size),
                 expected_v = expected_m;
            for (int step = 1; step <= 3; ++step) {
                const PerReplica<float> gradient = cohort.normals(size, pad);
                const auto g = cohort.download(gradient, size);
                device->clip_and_adam(cohort.steps(), size, loss, on_device, p, gradient, m, v);
                for (std::size_t r = 0; r < 2; ++r)
                    ASSERT_TRUE(clip_and_adam<float>(size, configs[r], step, expected_p[r].data(),
                                                     g[r].data(), expected_m[r].data(),
                                                     expected_v[r].data()));
            }
            const auto expect_close = [&](PerReplica<float> actual, const auto& expected) {
                const auto values = cohort.download(actual, size);
                for (std::size_t r = 0; r < 2; ++r)
                    for (std::size_t i = 0; i < size; ++i)
                        ASSERT_NEAR(values[r][i], expected[r][i],
                                    1e-6 * (1 + std::abs(expected[r][i])));
            };
            expect_close(p, expected_p);
            expect_close(m, expected_m);
            expect_close(v, expected_v);
            states = cohort.download<OptimizerState>(on_device, 2);
            for (std::size_t r = 0; r < 2; ++r) {
                EXPECT_EQ(states[r].steps_taken, 3);
                EXPECT_EQ(states[r].batches_taken, 3);
                EXPECT_EQ(states[r].batches_skipped, 0);
                EXPECT_DOUBLE_EQ(states[r].loss_sum, 3 * (1.5 + static_cast<double>(r)));
            }
        }
}

TEST(CudaAdam, SkipsAndCountsWhatIsNotFinite) {
    if (cuda_device_count() == 0) GTEST_SKIP() << "no GPU here";
    const auto device = open_cuda_device(0);
    // A loss, a gradient, an empty batch, and one that is taken.
    Cohort cohort(*device, {{{1}, {1}, {}, {1}}});
    constexpr std::size_t size = 10;
    std::vector<OptimizerState> states(4);
    OptimizerState* const on_device = cohort.upload(states).data;
    double* const loss = cohort.upload(std::vector{infinity, 1.0, std::nan(""), 1.0}).data;
    std::vector<float> gradients(4 * size, 1);
    gradients[size + 3] = NAN;
    const PerReplica<float> p = cohort.normals(size), m = cohort.normals(size),
                            v = cohort.floats(size, 0, [] { return 1; });
    const auto before = cohort.download(p, size), m_before = cohort.download(m, size);
    device->clip_and_adam(cohort.steps(), size, loss, on_device, p,
                          {cohort.upload(gradients).data, size}, m, v);
    states = cohort.download<OptimizerState>(on_device, 4);
    const auto after = cohort.download(p, size), m_after = cohort.download(m, size);
    for (std::size_t r = 0; r < 4; ++r) {
        EXPECT_EQ(states[r].batches_skipped, r < 2 ? 1 : 0) << r;
        EXPECT_EQ(states[r].batches_taken, r == 3 ? 1 : 0) << r;
        EXPECT_EQ(states[r].steps_taken, r == 3 ? 1 : 0) << r;
        EXPECT_EQ(states[r].loss_sum, r == 3 ? 1 : 0) << r;
        EXPECT_EQ(before[r] == after[r], r < 3) << r;
        EXPECT_EQ(m_before[r] == m_after[r], r < 3) << r;
    }
}

TEST(CudaNextBatch, MovesOnReplicasThatHadOne) {
    if (cuda_device_count() == 0) GTEST_SKIP() << "no GPU here";
    const auto device = open_cuda_device(0);
    Cohort cohort(*device, {{{1}, {}, {4}}});
    std::vector<DropoutKey> keys{{{1, 2}, 3}, {{4, 5}, 6}, {{7, 8}, 9}};
    DropoutKey* const on_device = cohort.upload(keys).data;
    int* const batch = cohort.upload(std::vector{4}).data;
    device->next_batch(cohort.steps(), batch, on_device);
    device->next_batch(cohort.steps(), batch, nullptr);
    EXPECT_EQ(cohort.download<int>(batch, 1), std::vector{6});
    keys = cohort.download<DropoutKey>(on_device, 3);
    EXPECT_EQ(keys[0].step, 4u);
    EXPECT_EQ(keys[1].step, 6u);
    EXPECT_EQ(keys[2].step, 10u);
    EXPECT_EQ(keys[2].key, (PhiloxKey{7, 8}));
}

}  // namespace
}  // namespace manygpcm::kernels::testing
