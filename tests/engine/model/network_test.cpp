// The replica axis of a tape: two replicas of different weights and batches run together as they do
// alone.
#include "model/network.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "engine/model/golden.h"

namespace manygpcm {
namespace {

class ReplicaAxis : public testing::TestWithParam<std::string> {};

TEST_P(ReplicaAxis, TwoReplicasTogetherEqualEachAlone) {
    Golden golden(GetParam());
    golden.config.hyperparameters.dropout_rate = 0.2;
    const std::size_t size = golden.parameters.size();
    std::vector<float> parameters = golden.parameters;
    const std::vector<float> other = initial_parameters(golden.config, 1, 2, 3);
    parameters.insert(parameters.end(), other.begin(), other.end());
    const std::vector<int> batches[] = {{0, 1, 2, 3}, {2, 3}};
    const BatchCapacity capacity{4, 19};
    const kernels::OrdinalLoss losses[] = {kernels::ordinal_loss(0.5, -1, 0.1),
                                           kernels::ordinal_loss(-0.5, 1, 0)};
    const kernels::DropoutKey keys[] = {{{1, 2}, 3}, {{4, 5}, 6}};

    const auto run = [&](int first, int replicas) {
        Network network(kernels::cpu_backend(), golden.config, replicas, capacity, true);
        PackedBatch batch(replicas, capacity, golden.config.n_questions,
                          golden.config.n_categories);
        for (int r = 0; r < replicas; ++r)
            batch.pack(r, golden.learners, batches[first + r]);
        std::vector<float> gradients(size * replicas);
        const auto stride = static_cast<std::ptrdiff_t>(size);
        const std::size_t n_statistics =
            kernels::ordinal_statistics_size(golden.config.n_categories);
        std::vector<double> statistics(n_statistics * replicas);
        const kernels::PerReplica<double> per_replica{statistics.data(),
                                                      static_cast<std::ptrdiff_t>(n_statistics)};
        const Pass pass{batch,
                        {parameters.data() + first * stride, stride},
                        {gradients.data(), stride},
                        keys + first,
                        losses + first,
                        per_replica};
        network.forward(pass);
        network.write_statistics(pass, per_replica);
        network.backward(pass);
        return gradients;
    };
    std::vector<float> alone = run(0, 1);
    const std::vector<float> second = run(1, 1);
    alone.insert(alone.end(), second.begin(), second.end());
    EXPECT_EQ(run(0, 2), alone);
    EXPECT_NE(*std::max_element(alone.begin(), alone.end()), 0.0f);
}

class BatchInParts : public testing::TestWithParam<std::string> {};

TEST_P(BatchInParts, HasTheLossAndGradientOfTheWhole) {
    const Golden golden(GetParam());
    const BatchCapacity capacity{4, 19};
    Network network(kernels::cpu_backend(), golden.config, 1, capacity, true);
    PackedBatch batch(1, capacity, golden.config.n_questions, golden.config.n_categories);
    const kernels::OrdinalLoss loss = kernels::ordinal_loss(0.5, -1, 0.1);

    const auto run = [&](const std::vector<std::vector<int>>& parts, std::vector<float>& gradient) {
        std::vector<double> sum(kernels::ordinal_statistics_size(golden.config.n_categories)),
            of_part(sum.size());
        const auto forward = [&](const std::vector<int>& part) {
            batch.pack(0, golden.learners, part);
            const Pass pass{
                batch,          {golden.parameters.data(), 0}, {gradient.data(), 0}, nullptr, &loss,
                {sum.data(), 0}};
            network.forward(pass);
            return pass;
        };
        for (const auto& part : parts) {
            network.write_statistics(forward(part), {of_part.data(), 0});
            std::transform(sum.begin(), sum.end(), of_part.begin(), sum.begin(), std::plus<>());
        }
        for (const auto& part : parts)
            network.backward(forward(part));
        return kernels::ordinal_loss_value(golden.config.n_categories, loss, sum.data()).total;
    };
    std::vector<float> whole(golden.parameters.size()), summed(golden.parameters.size());
    const double whole_loss = run({{0, 1, 2, 3}}, whole);
    EXPECT_NEAR(run({{0, 1}, {2}, {3}}, summed), whole_loss, 1e-6);
    for (std::size_t i = 0; i < whole.size(); ++i)
        ASSERT_NEAR(summed[i], whole[i], 1e-5) << i;
}

// Questions that are asked behind a learner's responses are thousands: what a response writes is
// computed for none of them.
TEST(Batch, HasOnePairForAllStepsWithoutAResponse) {
    const std::vector<Learner> learners = {{"a", {3, 0, 1, 2, 4, 5}, {1, 0}},
                                           {"b", {5, 1, 2, 3}, {1, 1}}};
    const BatchCapacity capacity{2, 10};
    PackedBatch batch(1, capacity, 6, 2);
    batch.pack(0, learners, std::vector{0, 1});
    EXPECT_EQ(batch.rows(RowKind::steps)[0], 10);
    EXPECT_EQ(batch.rows(RowKind::pairs)[0], 4 + 1);
    const std::int32_t* pair = batch.index(BatchIndex::pair_row)[0];
    EXPECT_EQ(std::vector<int>(pair, pair + 10), (std::vector{0, 1, 4, 4, 4, 4, 2, 3, 4, 4}));
}

TEST(Batch, HasNoMorePairsThanThereAre) {
    const std::vector<Learner> learners = {{"a", {0, 1, 0, 1, 0}, {1, 0, 0, 1}}};
    PackedBatch batch(1, {1, 5}, 2, 2);
    batch.pack(0, learners, std::vector{0});
    EXPECT_EQ(batch.rows(RowKind::pairs)[0], 4);
    EXPECT_EQ(batch.rows(RowKind::pairs).capacity, 4);
    const std::int32_t* pair = batch.index(BatchIndex::pair_row)[0];
    EXPECT_EQ(std::vector<int>(pair, pair + 4), (std::vector{1, 2, 0, 3}));
}

INSTANTIATE_TEST_SUITE_P(Goldens, BatchInParts, testing::ValuesIn(Golden::names()),
                         [](const auto& test) { return test.param; });

INSTANTIATE_TEST_SUITE_P(Goldens, ReplicaAxis, testing::ValuesIn(Golden::names()),
                         [](const auto& test) { return test.param; });

}  // namespace
}  // namespace manygpcm
