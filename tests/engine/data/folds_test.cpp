// Folds part the learners, evenly and by the seed.
#include "manygpcm/engine/folds.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "engine/expect_input_error.h"

namespace manygpcm {
namespace {

TEST(KFold, PartsTheLearners) {
    const auto folds = k_fold(23, 5, 1);
    ASSERT_EQ(folds.size(), 5u);
    std::vector<int> times_validated(23);
    for (const Fold& fold : folds) {
        EXPECT_TRUE(fold.validation.size() == 4 || fold.validation.size() == 5);
        EXPECT_TRUE(std::ranges::is_sorted(fold.validation));
        EXPECT_TRUE(std::ranges::is_sorted(fold.train));
        std::vector<int> everybody = fold.train;
        everybody.insert(everybody.end(), fold.validation.begin(), fold.validation.end());
        std::ranges::sort(everybody);
        for (int i = 0; i < 23; ++i)
            EXPECT_EQ(everybody.at(static_cast<std::size_t>(i)), i);
        for (const int i : fold.validation)
            ++times_validated[static_cast<std::size_t>(i)];
    }
    EXPECT_EQ(std::ranges::count(times_validated, 1), 23);
}

TEST(KFold, DependsOnTheSeedAlone) {
    EXPECT_EQ(k_fold(50, 5, 1)[0].validation, k_fold(50, 5, 1)[0].validation);
    EXPECT_NE(k_fold(50, 5, 1)[0].validation, k_fold(50, 5, 2)[0].validation);
}

TEST(KFold, RefusesTooFewAndTooMany) {
    expect_input_error([] { k_fold(10, 1, 1); },
                       {"1 fold of 10 learners", "expected 2 folds to 10"});
    expect_input_error([] { k_fold(1, 2, 1); }, {"1 learner to cross-validate on", "2 or more"});
    expect_input_error([] { k_fold(10, 11, 1); },
                       {"11 folds of 10 learners", "expected 2 folds to 10"});
    EXPECT_EQ(k_fold(10, 10, 1).size(), 10u);
}

TEST(HoldOutTenth, TakesATenthOfTheLearnersGiven) {
    std::vector<int> learners;
    for (int i = 0; i < 40; ++i)
        learners.push_back(100 + 3 * i);
    const Fold fold = hold_out_tenth(learners, 1);
    EXPECT_EQ(fold.validation.size(), 4u);
    std::vector<int> everybody = fold.train;
    everybody.insert(everybody.end(), fold.validation.begin(), fold.validation.end());
    std::ranges::sort(everybody);
    EXPECT_EQ(everybody, learners);
    EXPECT_NE(fold.validation, hold_out_tenth(learners, 2).validation);
}

}  // namespace
}  // namespace manygpcm
