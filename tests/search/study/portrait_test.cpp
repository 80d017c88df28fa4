// What is said of questions: nothing that no training response tells of, by neither model.
#include "manygpcm/search/portrait.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

namespace manygpcm::search {
namespace {

using testing::ElementsAre;
using testing::IsNan;
using testing::Not;

TEST(Portrait, LeavesOutThresholdsOfCategoriesThatAQuestionNeverHad) {
    // Question 0 had all three categories, question 1 the lower two, question 2 none in training.
    const std::vector<Learner> all = {
        {"ann", {0, 0, 1}, {0, 1, 0}}, {"bob", {0, 1, 1}, {2, 1, 0}}, {"cleo", {1, 2}, {2, 1}}};
    const LearnerSet learners{all, 3, 3};
    const std::vector<int> fitted = {0, 1};
    Model winner;
    Hyperparameters& h = winner.config.hyperparameters;
    h.memory_size = h.key_dim = h.value_dim = h.final_fc_dim = 4;
    winner.config.n_questions = winner.config.n_categories = 3;
    winner.parameters = initial_parameters(winner.config, 1, 0, 0);
    winner.mean_alpha = {1, 1, std::numeric_limits<double>::quiet_NaN()};
    const Portrait portrait =
        portray(winner, fit_classical_gpcm(learners, fitted), learners, 2, {}, std::nullopt);
    ASSERT_EQ(portrait.items.size(), 3u);
    for (const auto parameters : {&ItemPortrait::winner, &ItemPortrait::classical}) {
        const auto of = [&](std::size_t q) { return portrait.items[q].*parameters; };
        EXPECT_THAT(of(0).beta, ElementsAre(Not(IsNan()), Not(IsNan())));
        EXPECT_THAT(of(1).beta, ElementsAre(Not(IsNan()), IsNan()));
        EXPECT_THAT(of(1).alpha, Not(IsNan()));
        EXPECT_THAT(of(2).beta, ElementsAre(IsNan(), IsNan()));
        EXPECT_THAT(of(2).alpha, IsNan());
    }
    EXPECT_EQ(portrait.items[1].responses, 3);
    EXPECT_EQ(portrait.items[2].responses, 0);
}

}  // namespace
}  // namespace manygpcm::search
