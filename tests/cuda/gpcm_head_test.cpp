#include "manygpcm/kernels/gpcm_head.h"

#include "cuda/cohort.h"

namespace manygpcm::kernels::testing {
namespace {

std::vector<std::vector<float>> narrow(const std::vector<std::vector<double>>& wide) {
    std::vector<std::vector<float>> all;
    for (const auto& x : wide)
        all.emplace_back(x.begin(), x.end());
    return all;
}

struct Head {
    GpcmHeadShape shape;
    Lengths lengths{{{40, 3, 1}, {}, {131}}};
    std::size_t pad = 0;

    std::vector<Result> operator()(Backend& backend) const {
        Cohort cohort(backend, lengths);
        const int k = shape.categories, replicas = lengths.replicas();
        const std::vector<int> n = lengths.steps();
        std::vector<int> n_questions;
        for (const int steps : n)
            n_questions.push_back(steps == 0 ? 0 : 7);
        const Rows steps = cohort.steps(), questions = cohort.rows(n_questions, 9);
        const std::size_t features = static_cast<std::size_t>(shape.features);
        const std::size_t h_size = product(steps.capacity, shape.features);
        const std::size_t rows = static_cast<std::size_t>(questions.capacity);
        const std::size_t cuts = product(questions.capacity, k - 1);
        const GpcmHeadInput<float> in{cohort.normals(h_size, pad),   cohort.normals(features, pad),
                                      cohort.normals(1, pad),        cohort.normals(1, pad),
                                      cohort.normals(features, pad), cohort.normals(rows, pad),
                                      cohort.normals(cuts, pad),     cohort.index({7, 7, 7})};
        const std::size_t capacity = static_cast<std::size_t>(steps.capacity);
        const GpcmHeadOutput<float> out{cohort.normals(capacity, pad),
                                        cohort.normals(capacity, pad),
                                        cohort.normals(product(steps.capacity, k), pad)};
        const RowIndex responses = cohort.index({k, k, k});
        const OrdinalLoss* losses =
            cohort
                .upload(std::vector<OrdinalLoss>{
                    {.ce = 0.5, .focal = 0.2, .qwk = 0.3, .label_smoothing = 0.1},
                    {},
                    {.ce = 0, .focal = 0.5, .qwk = 0.5}})
                .data;
        const std::size_t size = ordinal_statistics_size(k);
        const PerReplica<double> statistics{
            cohort.upload(std::vector<double>(size * lengths.of.size(), 5)).data,
            static_cast<std::ptrdiff_t>(size)};
        const GpcmHeadGradient<float> gradient{
            cohort.normals(h_size, pad), cohort.normals(features, pad), cohort.normals(1, pad),
            cohort.normals(1, pad),      cohort.normals(features, pad), cohort.normals(rows, pad),
            cohort.normals(cuts, pad)};

        backend.gpcm_head_forward(steps, shape, in, out);
        backend.ordinal_statistics(steps, k, losses, out.logits, responses, statistics);
        backend.gpcm_head_backward(steps, questions, shape, losses,
                                   {statistics.data, statistics.stride}, in,
                                   {out.theta, out.alpha, out.logits}, responses, gradient);
        if (auto* device = dynamic_cast<Device*>(&backend))
            check_losses(*device, cohort, steps, losses, statistics, out.logits, responses);

        const std::vector<std::size_t> one(lengths.of.size(), 1), each(lengths.of.size(), features);
        const std::vector<std::size_t> sums(lengths.of.size(), size);
        const auto download = [&](PerReplica<float> x, std::size_t n_elements) {
            return cohort.download(x, n_elements);
        };
        EXPECT_EQ(replicas, 3);
        return {{"theta", download(out.theta, capacity), times(n, 1), false},
                {"alpha", download(out.alpha, capacity), times(n, 1), false},
                {"logits", download(out.logits, product(steps.capacity, k)), times(n, k), false},
                {"statistics", narrow(cohort.download(statistics, size)), sums},
                {"dh", download(gradient.h, h_size), times(n, shape.features)},
                {"dability_weight", download(gradient.ability_weight, features), each},
                {"dability_bias", download(gradient.ability_bias, 1), one},
                {"dability_scale", download(gradient.ability_scale, 1), one},
                {"ddiscrimination", download(gradient.discrimination_weight, features), each},
                {"dx", download(gradient.discrimination_x, rows), times(n_questions, 1)},
                {"dthreshold", download(gradient.threshold, cuts), times(n_questions, k - 1)}};
    }

    /// The finished losses and the counts of categories, against plain loops.
    void check_losses(Device& device, Cohort& cohort, Rows steps, const OrdinalLoss* losses,
                      PerReplica<double> statistics, PerReplica<float> logits,
                      RowIndex responses) const {
        const int k = shape.categories, replicas = lengths.replicas();
        const std::size_t cells = product(k, k), size = ordinal_statistics_size(k);
        double* const loss = cohort.upload(std::vector<double>(lengths.of.size(), 3)).data;
        std::vector<int> expected(cells * lengths.of.size(), 2);
        int* const counts = cohort.upload(expected).data;
        device.ordinal_losses(replicas, k, losses, {statistics.data, statistics.stride}, loss);
        device.confusion_counts(steps, k, logits, responses, counts);

        const auto sums = cohort.download(statistics, size);
        const auto weights = cohort.download<OrdinalLoss>(losses, lengths.of.size());
        const auto actual = cohort.download<double>(loss, lengths.of.size());
        const auto all = cohort.download(logits, product(steps.capacity, k));
        for (std::size_t r = 0; r < lengths.of.size(); ++r) {
            const int n = lengths.steps()[r];
            if (n == 0)
                EXPECT_TRUE(std::isnan(actual[r]));
            else
                EXPECT_NEAR(actual[r], ordinal_loss_value(k, weights[r], sums[r].data()).total,
                            1e-12);
            const auto response =
                cohort.download<int>(responses[static_cast<int>(r)], static_cast<std::size_t>(n));
            for (std::size_t t = 0; t < response.size(); ++t) {
                const float* const of = all[r].data() + t * static_cast<std::size_t>(k);
                ++expected[r * cells + product(response[t], k) +
                           static_cast<std::size_t>(std::max_element(of, of + k) - of)];
            }
        }
        EXPECT_EQ(cohort.download<int>(counts, expected.size()), expected);
    }
};

TEST(CudaGpcmHead, EveryNumberOfCategories) {
    for (const int categories : {2, 3, 4, 5, 8, 17}) {
        SCOPED_TRACE(categories);
        check_parity(Head{{.features = 50, .categories = categories}});
    }
}

TEST(CudaGpcmHead, EveryNumberOfFeatures) {
    for (const int features : {1, 7, 64, 100, 130, 1030}) {
        SCOPED_TRACE(features);
        check_parity(Head{{.features = features, .categories = 4}});
    }
}

TEST(CudaGpcmHead, ArraysThatDoNotAllowVectors) {
    check_parity(Head{.shape = {.features = 100, .categories = 4}, .pad = 1});
}

TEST(CudaGpcmHead, MoreStepsThanABlockTakes) {
    check_parity(
        Head{.shape = {.features = 4, .categories = 3}, .lengths = {{{2100}, {}, {1024}}}});
}

TEST(CudaGpcmHead, OfEquallyLikelyCategoriesTheLowestCounts) {
    if (cuda_device_count() == 0) GTEST_SKIP() << "no GPU here";
    const auto device = open_cuda_device(0);
    Cohort cohort(*device, {{{3}}});
    const RowIndex responses{cohort.upload(std::vector<int>{1, 0, 2, 0, 0, 0, 0, 0}).data, 8};
    std::vector<float> logits(8 * 3);
    logits[5] = logits[4] = 1;  // step 1: categories 1 and 2
    int* const counts = cohort.upload(std::vector<int>(9)).data;
    device->confusion_counts(cohort.steps(), 3, cohort.upload(logits), responses, counts);
    EXPECT_EQ(cohort.download<int>(counts, 9), (std::vector{0, 1, 0, 1, 0, 0, 1, 0, 0}));
}

}  // namespace
}  // namespace manygpcm::kernels::testing
