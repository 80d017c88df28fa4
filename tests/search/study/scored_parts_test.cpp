// Scores by skill and by position in the sequence.
#include "study/scored_parts.h"

#include <gtest/gtest.h>

#include <cmath>

namespace manygpcm::search {
namespace {

// Three learners of 5, 2 and 1 answers; the winner gives each response 0.8, the classical 0.5.
PredictedResponses predicted() {
    const std::vector<Learner> learners = {
        {"a", {0, 1, 2, 0, 1}, {1, 0, 1, 1, 1}}, {"b", {1, 2}, {0, 0}}, {"c", {2}, {1}}};
    PredictedResponses result;
    for (const int which : {2, 0, 1}) {
        const int one[] = {which};
        std::vector<float> winner, classical;
        for (const int response : learners[static_cast<std::size_t>(which)].responses) {
            winner.insert(winner.end(), {response == 0 ? 0.8F : 0.2F, response == 0 ? 0.2F : 0.8F});
            classical.insert(classical.end(), {0.5F, 0.5F});
        }
        result.add(learners, one, winner, classical);
    }
    return result;
}

Study of_two_categories() {
    Study study;
    study.n_categories = 2;
    return study;
}

TEST(ScoredParts, AreByPositionInEverWiderSteps) {
    const auto parts = by_position(predicted(), of_two_categories());
    ASSERT_EQ(parts.size(), 4u);
    EXPECT_EQ(parts[0].responses, 3);
    EXPECT_EQ(parts[1].responses, 2);
    EXPECT_EQ(parts[2].first, 3);
    EXPECT_EQ(parts[2].last, 4);
    EXPECT_EQ(parts[2].responses, 2);
    EXPECT_EQ(parts[3].first, 5);
    EXPECT_EQ(parts[3].last, 5);  // nobody has more
    EXPECT_NEAR(parts[0].winner.at("cross_entropy"), -std::log(0.8), 1e-6);
    EXPECT_NEAR(parts[0].classical.at("cross_entropy"), std::log(2), 1e-6);
    EXPECT_EQ(parts[0].winner.at("auc"), 1);
    EXPECT_EQ(parts[0].classical.at("auc"), 0.5);
    EXPECT_FALSE(parts[2].winner.contains("qwk"));  // category 1 alone occurs there
    EXPECT_FALSE(parts[2].winner.contains("auc"));
    EXPECT_TRUE(parts[2].winner.contains("accuracy"));
}

TEST(ScoredParts, AreBySkillTheLargestFirst) {
    // Question 1 is of two skills, nobody was asked a question of "idle".
    const Skills skills{{"add", "idle", "subtract"}, {{0}, {0, 2}, {}}};
    const auto parts = by_skill(predicted(), skills, of_two_categories());
    ASSERT_EQ(parts.size(), 2u);
    EXPECT_EQ(parts[0].skill, "add");
    EXPECT_EQ(parts[0].responses, 5);
    EXPECT_EQ(parts[1].skill, "subtract");
    EXPECT_EQ(parts[1].responses, 3);
    EXPECT_TRUE(by_skill(predicted(), {}, of_two_categories()).empty());
}

}  // namespace
}  // namespace manygpcm::search
