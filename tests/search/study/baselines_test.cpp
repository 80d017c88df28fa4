// Baselines by hand: two learners answer two questions, a third is predicted.
#include "manygpcm/search/baselines.h"

#include <gtest/gtest.h>

namespace manygpcm::search {
namespace {

const std::vector<Learner> learners = {
    {.id = "0", .questions = {0, 1}, .responses = {0, 1}},
    {.id = "1", .questions = {0, 0}, .responses = {0, 1}},
    {.id = "2", .questions = {0, 2}, .responses = {1, 1}},
};

TEST(Baselines, MajorityIsTheFrequencyOfCategoriesOverall) {
    const auto p = FrequencyModel(Baseline::majority, {learners, 3, 2}, std::vector{0, 1})
                       .predict(learners, std::vector{2});
    EXPECT_EQ(p, (std::vector<float>{0.5F, 0.5F, 0.5F, 0.5F}));
}

TEST(Baselines, ItemFrequenciesLeanOnTheOverallOnesWhereAQuestionWasNeverSeen) {
    const auto p = FrequencyModel(Baseline::item_frequencies, {learners, 3, 2}, std::vector{0, 1})
                       .predict(learners, std::vector{2});
    // Question 0 was answered 0, 0, 1; one more response is spread evenly. Question 2 is new.
    EXPECT_EQ(p, (std::vector<float>{2.5F / 4, 1.5F / 4, 0.5F, 0.5F}));
}

// A category that training never saw, be it of all questions or of one, costs a few nats.
TEST(Baselines, RuleNoCategoryOut) {
    const std::vector<Learner> seldom = {{.id = "0", .questions = {0, 1}, .responses = {0, 1}},
                                         {.id = "1", .questions = {0}, .responses = {2}}};
    const auto predict = [&](Baseline baseline) {
        return FrequencyModel(baseline, {seldom, 2, 3}, std::vector{0})
            .predict(seldom, std::vector{1});
    };
    EXPECT_EQ(predict(Baseline::majority),
              (std::vector<float>{1.5F / 3.5F, 1.5F / 3.5F, 0.5F / 3.5F}));
    const auto of_item = predict(Baseline::item_frequencies);
    ASSERT_EQ(of_item.size(), 3u);
    EXPECT_FLOAT_EQ(of_item[0], 5.0F / 7);
    EXPECT_FLOAT_EQ(of_item[1], 1.5F / 7);
    EXPECT_FLOAT_EQ(of_item[2], 0.5F / 7);
}

TEST(Baselines, WithoutTrainingResponsesEveryCategoryIsAsLikely) {
    const auto p =
        FrequencyModel(Baseline::majority, {learners, 3, 2}, {}).predict(learners, std::vector{0});
    EXPECT_EQ(p, (std::vector<float>{0.5F, 0.5F, 0.5F, 0.5F}));
}

}  // namespace
}  // namespace manygpcm::search
