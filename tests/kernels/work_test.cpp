// The counter of work: figures that can be worked out by hand.
#include "manygpcm/kernels/work_counter.h"

#include <gtest/gtest.h>

namespace manygpcm::kernels {
namespace {

float some[1];  // operations are counted, arrays never looked at
const PerReplica<const float> given{some, 0};

TEST(WorkCounter, CountsAProductWithBiasAndActivationOverAllReplicas) {
    const std::vector<int> rows{3, 5};
    WorkCounter counter;
    const LinearInput<float> in{given, given, given, {}, {}};
    counter.run(LinearForward<float>{rows, {4, 2, 4, Activation::tanh}, in, {some, 0}});
    counter.run(LinearForward<float>{rows, {4, 2, 4, Activation::tanh}, in, {some, 0}});
    ASSERT_EQ(counter.entries().size(), 1u);
    EXPECT_EQ(counter.entries()[0].operation, "linear_forward");
    EXPECT_EQ(counter.entries()[0].calls, 2);
    const Work work = counter.total();
    EXPECT_EQ(work.operations, 2 * (8 * 2 * (2 * 4 + 1 + 1)));
    EXPECT_EQ(work.read, 2 * (8 * 4 + 2 * (4 * 2 + 2)));
    EXPECT_EQ(work.bytes(), 4 * (work.read + 2 * 8 * 2));
}

TEST(WorkCounter, CountsOnlyKeysThatAQuerySees) {
    const std::vector<int> sequences{2}, steps{5};
    const std::int32_t offsets[] = {0, 2, 5};
    AttentionShape shape{.width = 8, .heads = 2};
    WorkCounter causal, bidirectional;
    causal.run(
        AttentionForward<float>{sequences, steps, shape, {offsets, 0}, nullptr, given, {}, {}});
    shape.causal = false;
    bidirectional.run(
        AttentionForward<float>{sequences, steps, shape, {offsets, 0}, nullptr, given, {}, {}});
    constexpr double a_pair = 4 * 8 + 4 * 2;
    EXPECT_EQ(causal.total().operations, (3 + 6) * a_pair);
    EXPECT_EQ(bidirectional.total().operations, (4 + 9) * a_pair);
}

TEST(WorkCounter, CountsAnArrayThatIsAddedToTwice) {
    const std::vector<int> rows{7};
    WorkCounter replaced, added;
    replaced.run(
        DropoutBackward<float>{rows, {0.5, 0, 3}, nullptr, given, {some, 0}, Write::replace});
    added.run(DropoutBackward<float>{rows, {0.5, 0, 3}, nullptr, given, {some, 0}, Write::add});
    EXPECT_EQ(added.total().bytes() - replaced.total().bytes(), 4 * 7 * 3);
}

TEST(WorkCounter, CountsOnlyTheArraysThatAreGiven) {
    const std::vector<int> steps{7}, questions{2};
    constexpr int categories = 4;
    ItemHeadInput<float> in{given, given, {}, {}, {}};
    WorkCounter without, with;
    without.run(ItemHeadForward<float>{steps, questions, categories, in, {}});
    in.common = in.extra = given;
    with.run(ItemHeadForward<float>{steps, questions, categories, in, {}});
    EXPECT_EQ(with.total().bytes() - without.total().bytes(), 4 * 7 * (1 + (categories - 1)));
}

}  // namespace
}  // namespace manygpcm::kernels
