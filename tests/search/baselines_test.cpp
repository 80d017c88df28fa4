// Baselines by hand: two learners answer two questions, a third is predicted.
#include "manygpcm/search/baselines.h"

#include <gtest/gtest.h>

namespace manygpcm {
namespace {

const std::vector<Learner> learners = {
    {.id = "0", .questions = {0, 1}, .responses = {0, 1}},
    {.id = "1", .questions = {0, 0}, .responses = {0, 1}},
    {.id = "2", .questions = {0, 2}, .responses = {1, 1}},
};

TEST(Baselines, MajorityIsTheFrequencyOfCategoriesOverall) {
    const auto p =
        predict_baseline(Baseline::majority, learners, std::vector{0, 1}, std::vector{2}, 3, 2);
    EXPECT_EQ(p, (std::vector<float>{0.5F, 0.5F, 0.5F, 0.5F}));
}

TEST(Baselines, ItemFrequenciesLeanOnTheOverallOnesWhereAQuestionWasNeverSeen) {
    const auto p = predict_baseline(Baseline::item_frequencies, learners, std::vector{0, 1},
                                    std::vector{2}, 3, 2);
    // Question 0 was answered 0, 0, 1; one more response is spread evenly. Question 2 is new.
    EXPECT_EQ(p, (std::vector<float>{2.5F / 4, 1.5F / 4, 0.5F, 0.5F}));
}

TEST(Baselines, WithoutTrainingResponsesEveryCategoryIsAsLikely) {
    const auto p = predict_baseline(Baseline::majority, learners, {}, std::vector{0}, 3, 2);
    EXPECT_EQ(p, (std::vector<float>{0.5F, 0.5F, 0.5F, 0.5F}));
}

}  // namespace
}  // namespace manygpcm
