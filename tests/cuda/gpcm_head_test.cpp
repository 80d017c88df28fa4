#include "manygpcm/kernels/gpcm_head.h"

#include <cmath>

#include "cuda/cohort.h"

namespace manygpcm::kernels::testing {
namespace {

TEST(CudaOrdinalLosses, FollowFromTheStatistics) {
    if (cuda_device_count() == 0) GTEST_SKIP() << "no GPU here";
    const auto device = open_cuda_device(0);
    for (const int categories : {2, 3, 4, 8, 40}) {
        SCOPED_TRACE(categories);
        Cohort cohort(*device, {{{40, 3, 1}, {}, {131}}});
        const std::vector<OrdinalLoss> weights{
            {.ce = 0.5, .focal = 0.2, .qwk = 0.3, .label_smoothing = 0.1},
            {},
            {.ce = 0, .focal = 0.5, .qwk = 0.5}};
        const OrdinalLoss* const losses = cohort.upload(weights).data;
        const Rows steps = cohort.steps();
        const std::size_t size = ordinal_statistics_size(categories);
        const PerReplica<double> statistics{
            cohort.upload(std::vector<double>(size * weights.size())).data,
            static_cast<std::ptrdiff_t>(size)};
        double* const loss = cohort.upload(std::vector<double>(weights.size(), 3)).data;
        device->run(OrdinalStatistics<float>{steps, categories, losses,
                                             cohort.normals(product(steps.capacity, categories)),
                                             cohort.index(categories), statistics});
        device->ordinal_losses(steps.replicas, categories, losses,
                               {statistics.data, statistics.stride}, loss);
        const auto sums = cohort.download(statistics, size);
        const auto actual = cohort.download<double>(loss, weights.size());
        EXPECT_TRUE(std::isnan(actual[1])) << "an empty batch";
        for (const std::size_t r : {0, 2})
            EXPECT_NEAR(actual[r], ordinal_loss_value(categories, weights[r], sums[r].data()).total,
                        1e-12);
    }
}

TEST(CudaConfusionCounts, AddEveryStep) {
    if (cuda_device_count() == 0) GTEST_SKIP() << "no GPU here";
    const auto device = open_cuda_device(0);
    for (const int categories : {2, 4, 17}) {
        SCOPED_TRACE(categories);
        const Lengths lengths{{{2000}, {}, {131}}};
        Cohort cohort(*device, lengths);
        const Rows steps = cohort.steps();
        const auto width = static_cast<std::size_t>(categories);
        const PerReplica<float> logits = cohort.normals(product(steps.capacity, categories));
        const RowIndex responses = cohort.index(categories);
        std::vector<int> expected(width * width * lengths.of.size(), 2);
        int* const counts = cohort.upload(expected).data;
        device->confusion_counts(steps, categories, logits, responses, counts);

        const auto all = cohort.download(logits, product(steps.capacity, categories));
        for (std::size_t r = 0; r < lengths.of.size(); ++r) {
            const auto response = cohort.download<int>(
                responses[static_cast<int>(r)], static_cast<std::size_t>(lengths.steps()[r]));
            for (std::size_t t = 0; t < response.size(); ++t) {
                const float* const of = all[r].data() + t * width;
                const auto likely = std::max_element(of, of + width) - of;
                ++expected[(r * width + static_cast<std::size_t>(response[t])) * width +
                           static_cast<std::size_t>(likely)];
            }
        }
        EXPECT_EQ(cohort.download<int>(counts, expected.size()), expected)
            << "seed " << Random::seed();
    }
}

TEST(CudaConfusionCounts, TakeTheLowestOfEquallyLikelyCategories) {
    if (cuda_device_count() == 0) GTEST_SKIP() << "no GPU here";
    const auto device = open_cuda_device(0);
    Cohort cohort(*device, {{{3}}});
    const RowIndex responses{cohort.upload(std::vector{1, 0, 2, 0, 0, 0, 0, 0}).data, 8};
    std::vector<float> logits(8 * 3);
    logits[5] = logits[4] = 1;  // step 1: categories 1 and 2
    int* const counts = cohort.upload(std::vector<int>(9)).data;
    device->confusion_counts(cohort.steps(), 3, cohort.upload(logits), responses, counts);
    EXPECT_EQ(cohort.download<int>(counts, 9), (std::vector{0, 1, 0, 1, 0, 0, 1, 0, 0}));
}

}  // namespace
}  // namespace manygpcm::kernels::testing
