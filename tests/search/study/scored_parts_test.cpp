// Scores by skill and by position in the sequence.
#include "study/scored_parts.h"

#include <gtest/gtest.h>

#include <cmath>

namespace manygpcm::search {
namespace {

const std::vector<Learner> learners = {
    {"a", {0, 1, 2, 0, 1}, {1, 0, 1, 1, 1}}, {"b", {1, 2}, {0, 0}}, {"c", {2}, {1}}};

Study of_two_categories() {
    Study study;
    study.n_categories = 2;
    return study;
}

class ScoredPartsOfLearners : public testing::Test {
  protected:
    /// The winner gives each response 0.8, the classical 0.5.
    ScoredParts predicted(const Skills& skills) const {
        ScoredParts parts(skills, study);
        for (const int number : {2, 0, 1}) {
            const int which[] = {number};
            std::vector<float> winner, classical;
            for (const int response : learners[static_cast<std::size_t>(number)].responses) {
                winner.insert(winner.end(),
                              {response == 0 ? 0.8F : 0.2F, response == 0 ? 0.2F : 0.8F});
                classical.insert(classical.end(), {0.5F, 0.5F});
            }
            parts.add(PredictedBy::winner, learners, which, winner);
            parts.add(PredictedBy::classical, learners, which, classical);
        }
        return parts;
    }

    const Study study = of_two_categories();
};

TEST_F(ScoredPartsOfLearners, AreByPositionInEverWiderSteps) {
    const Skills none;
    const auto parts = predicted(none).by_position();
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

TEST_F(ScoredPartsOfLearners, AreBySkillTheLargestFirst) {
    // Question 1 is of two skills, nobody was asked a question of "idle".
    const Skills skills{{"add", "idle", "subtract"}, {{0}, {0, 2}, {}}};
    const auto parts = predicted(skills).by_skill();
    ASSERT_EQ(parts.size(), 2u);
    EXPECT_EQ(parts[0].skill, "add");
    EXPECT_EQ(parts[0].responses, 5);
    EXPECT_EQ(parts[1].skill, "subtract");
    EXPECT_EQ(parts[1].responses, 3);
    const Skills none;
    EXPECT_TRUE(predicted(none).by_skill().empty());
}

}  // namespace
}  // namespace manygpcm::search
